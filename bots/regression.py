"""The sentences that must stay understood, and which of them a change moves."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bots.lexicon import Lexicon
from bots.understand import Understanding, understand
from config.policy import HERE

SENTENCES = HERE / "regression.jsonl"


@dataclass(frozen=True)
class Sentence:
    """回归句 — a sentence as people chat, and what must be understood of it."""

    text: str
    category: str
    subcategory: str
    urgency: str
    intent: str | None
    place: Mapping[str, str] | None

    def is_met_by(self, found: Understanding) -> bool:
        return (
            (found.category, found.subcategory) == (self.category, self.subcategory)
            and found.urgency == self.urgency
            and self.intent in (None, found.intent)
            and self._is_place_of(found)
        )

    def _is_place_of(self, found: Understanding) -> bool:
        if self.place is None or found.place is None:
            return self.place is None and found.place is None
        return all(getattr(found.place, part) == value for part, value in self.place.items())


@dataclass(frozen=True)
class Moved:
    """变动 — a sentence that two lexicons understand differently."""

    sentence: Sentence
    before: Understanding
    after: Understanding

    @property
    def is_broken(self) -> bool:
        return self.sentence.is_met_by(self.before) and not self.sentence.is_met_by(self.after)

    @property
    def is_mended(self) -> bool:
        return self.sentence.is_met_by(self.after) and not self.sentence.is_met_by(self.before)


def load_sentences(path: Path = SENTENCES) -> tuple[Sentence, ...]:
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return tuple(
        Sentence(
            row["text"],
            row["category"],
            row["subcategory"],
            row["urgency"],
            row.get("intent"),
            row["place"],
        )
        for row in rows
    )


def moved(sentences: Iterable[Sentence], before: Lexicon, after: Lexicon) -> list[Moved]:
    """Sentences whose class changes, or that become right or wrong in another way."""
    pairs = (
        Moved(one, understand(one.text, before), understand(one.text, after)) for one in sentences
    )
    return [one for one in pairs if one.is_broken or one.is_mended or _changes_class(one)]


def broken(sentences: Iterable[Sentence], before: Lexicon, after: Lexicon) -> list[Moved]:
    """Sentences that were right and would be wrong."""
    return [one for one in moved(sentences, before, after) if one.is_broken]


def _changes_class(one: Moved) -> bool:
    old, new = one.before, one.after
    return (old.category, old.subcategory) != (new.category, new.subcategory)
