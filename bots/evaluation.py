"""Measures the classifier against labelled texts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bots.fitting import Labelled, fit, samples, unfitted
from bots.lexicon import Lexicon
from bots.understand import Understanding, understand
from config.categories import Urgency

NOT_ESTATE = "not_estate"

SPREAD = 7919  # a prime: neighbours in the file fall into different folds


@dataclass(frozen=True)
class Row:
    """评测行 — a labelled text with what is known about it."""

    labelled: Labelled
    urgent: bool | None = None
    stratum: str | None = None


@dataclass(frozen=True)
class Outcome:
    """评测结果 — a row and what was understood of it."""

    row: Row
    understood: Understanding
    title_only: Understanding | None

    @property
    def strict(self) -> bool:
        return _is_right(self.row, self.understood)

    @property
    def lenient(self) -> bool:
        return _accepted(self.row, self.understood)


def judge(row: Row, lexicon: Lexicon) -> Outcome:
    one = row.labelled
    title_only = understand(one.title, lexicon) if one.title_ok and one.title else None
    return Outcome(row, understand(one.text, lexicon, one.title), title_only)


def folds_of(count: int, folds: int) -> Iterator[set[int]]:
    """The places of the rows that each fold holds back."""
    for fold in range(folds):
        yield {index for index in range(count) if index * SPREAD % folds == fold}


def evaluate_in_folds(rows: Sequence[Row], lexicon: Lexicon, folds: int) -> list[Outcome]:
    """Each fold is judged with weights fitted on the other folds alone."""
    plain = unfitted(lexicon)
    drawn = [samples(row.labelled, plain) for row in rows]
    outcomes: list[Outcome] = []
    for held in folds_of(len(rows), folds):
        rest = [one for index, some in enumerate(drawn) if index not in held for one in some]
        fitted = lexicon.with_weights(fit(rest))
        outcomes += [judge(rows[index], fitted) for index in sorted(held)]
    return outcomes


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures under their fixed names."""
    titles = [one for one in outcomes if one.title_only is not None]
    strata: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        if one.row.stratum:
            strata[one.row.stratum].append(one)
    labels = _per_label(outcomes)
    return {
        **_shares(outcomes),
        "macro_f1": _ratio(sum(row["f1"] for row in labels.values()), len(labels)),
        "not_estate_false_rate": _not_estate_false_rate(outcomes),
        **_urgency(outcomes),
        "per_label": labels,
        "by_stratum": {name: _shares(members) for name, members in sorted(strata.items())},
        "title_only": {
            "n": len(titles),
            "strict": _share(_is_right(one.row, one.title_only) for one in titles),
            "lenient": _share(_accepted(one.row, one.title_only) for one in titles),
        },
    }


def _is_right(row: Row, understood: Understanding | None) -> bool:
    return understood is not None and understood.category == row.labelled.label


def _accepted(row: Row, understood: Understanding | None) -> bool:
    labels = (row.labelled.label, row.labelled.label2)
    return understood is not None and understood.category in labels


def _shares(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "n": len(outcomes),
        "strict": _share(one.strict for one in outcomes),
        "lenient": _share(one.lenient for one in outcomes),
    }


def _per_label(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    gold = Counter(one.row.labelled.label for one in outcomes)
    given = Counter(one.understood.category for one in outcomes)
    right = Counter(one.understood.category for one in outcomes if one.strict)
    return {
        label: {
            "n": gold[label],
            "precision": _ratio(right[label], given[label]),
            "recall": _ratio(right[label], gold[label]),
            "f1": _ratio(2 * right[label], gold[label] + given[label]),
        }
        for label in sorted(gold)
    }


def _not_estate_false_rate(outcomes: Sequence[Outcome]) -> float:
    gold = [one for one in outcomes if one.row.labelled.label == NOT_ESTATE]
    return _share(not one.strict for one in gold)


def _urgency(outcomes: Sequence[Outcome]) -> dict[str, float]:
    known = [one for one in outcomes if one.row.urgent is not None]
    called = [one for one in known if one.understood.urgency is not Urgency.NORMAL]
    gold = [one for one in known if one.row.urgent]
    both = sum(1 for one in called if one.row.urgent)
    return {
        "urgent_recall": _ratio(both, len(gold)),
        "urgent_precision": _ratio(both, len(called)),
    }


def _share(flags: Iterable[bool]) -> float:
    counted = list(flags)
    return _ratio(sum(counted), len(counted))


def _ratio(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0
