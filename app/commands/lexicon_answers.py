"""What `linli lexicon` prints, as JSON under fixed names."""

import json
from collections.abc import Sequence
from typing import Any

import click

from bots.learning import Suggestion
from bots.regression import Moved
from bots.taught import words_of
from bots.understand import Understanding
from models.policies import Policy


def say(answer: dict[str, Any]) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False))


def version_made(made: Policy, differing: Sequence[Moved]) -> dict[str, Any]:
    return {
        "version": made.version,
        "revision": made.revision,
        "words": len(words_of(made.body)),
        "sentences": sentences(differing),
    }


def sentences(some: Sequence[Moved]) -> list[dict[str, Any]]:
    """Sentences of the regression set with what is expected, and understood before and after."""
    return [
        {
            "text": one.sentence.text,
            "expected": f"{one.sentence.category}.{one.sentence.subcategory}",
            "before": _class(one.before),
            "after": _class(one.after),
        }
        for one in some
    ]


def evidence(one: Suggestion) -> dict[str, Any]:
    """Why a word is proposed: how often it is said where, by whom and on which tickets."""
    candidate = one.candidate
    told: dict[str, Any] = {
        "word": candidate.word,
        "class": one.label,
        "weight": one.weight,
        "log_odds": candidate.log_odds,
        "corrected": {"with": len(candidate.said_by), "of": candidate.corrected},
        "others": {"with": candidate.others_with, "of": candidate.others},
        "right": {"before": one.right_before, "after": one.right_after},
        "taken_for": sorted({correction.before[0] for correction in candidate.said_by}),
        "people": len({correction.reporter_id for correction in candidate.said_by}),
        "tickets": [correction.ticket_id for correction in candidate.said_by],
    }
    if one.breaks:
        told["breaks"] = sentences(one.breaks)
    return told


def evidence_with_texts(one: Suggestion) -> dict[str, Any]:
    return evidence(one) | {"texts": [correction.text for correction in one.candidate.said_by]}


def _class(found: Understanding) -> str:
    return f"{found.category}.{found.subcategory}"
