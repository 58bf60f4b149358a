"""Whether two reports tell of one matter: pure, by words, things, place, class and time."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache, lru_cache
from math import exp, sqrt
from typing import NamedTuple

from bots.places_in_text import DIGITS
from bots.things import class_of_things, folded, is_of_class, named
from config.categories import LAST_RESORT
from config.policy import load

WEEK_MINUTES = 7 * 24 * 60
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_NUMBER = r"\d{1,2}|[一二三四五六七八九十]{1,3}"
_BUILDING = re.compile(rf"(?:{_NUMBER}|[A-Za-z]\d{{0,2}})(?:号楼|号院|号|栋|幢|座)$")
_UNIT = re.compile(rf"({_NUMBER})单元|([a-z])区")
_FLOOR = re.compile(
    rf"({_NUMBER})(?:楼(?![道梯上下顶板栋长])|层)|(?<!\d)(\d{{1,2}})0[1-9](?![\d块元年])"
)


class Matter(NamedTuple):
    """事由 — a report as it is held against another."""

    text: str
    category: str
    subcategory: str | None
    words: Mapping[str, float]  # the lexicon's words in it, by how telling they are
    place: str | None  # estate, or estate and building
    at: datetime

    @property
    def kind(self) -> str:
        return f"{self.category}.{self.subcategory or LAST_RESORT}"


class Signs(NamedTuple):
    """特征 — what likeness is told by, read out of a matter once."""

    matter: Matter
    pairs: frozenset[str]
    things: frozenset[str]
    troubles: frozenset[str]
    sides: frozenset[str]
    spots: frozenset[str]
    units: frozenset[str]
    floors: frozenset[str]


def signs(matter: Matter) -> Signs:
    return Signs(matter, *_read(matter.text))


@lru_cache(4096)  # an open ticket is held against every report of its class around it
def _read(text: str) -> tuple[frozenset[str], ...]:
    text = folded(text)
    return (
        frozenset(_pairs(text)),
        named(text, "things"),
        named(text, "troubles"),
        named(text, "sides"),
        named(text, "spots"),
        frozenset(_numbers(_UNIT, text)),
        frozenset(_numbers(_FLOOR, text)),
    )


def likeness(one: Signs, other: Signs) -> float:
    """How likely the two are one matter, from 0 to 1."""
    if not may_be_one(one, other):
        return 0.0
    weights = load("likeness")["weights"]
    return 1 / (1 + exp(-sum(weights[name] * value for name, value in compare(one, other).items())))


def compare(one: Signs, other: Signs) -> dict[str, float]:
    """The rows of `weights`, each with how far it holds of these two."""
    a, b = one.matter, other.matter
    is_local = not (is_wide(a) and is_wide(b))
    doors = one.units | one.floors, other.units | other.floors
    weeks = abs((a.at - b.at).total_seconds()) / 60 / WEEK_MINUTES
    return {
        "nothing": 1.0,
        "same_kind": _same_kind(a, b),
        "same_words": _shared_weight(a.words, b.words),
        "same_characters": _shared(one.pairs, other.pairs),
        "same_things": _shared(one.things, other.things),
        "things_unknown": float(not (one.things and other.things)),
        "things_apart": _apart(one.things, other.things),
        "troubles_apart": _apart(one.troubles, other.troubles),
        "same_spot": float(bool((one.spots | one.sides) & (other.spots | other.sides))),
        "spots_apart": _apart(one.spots, other.spots),
        "same_door": float(bool(doors[0] & doors[1])),
        "units_apart": is_local * _apart(one.units, other.units),
        "week_apart": weeks,
    }


def class_beside(matter: Matter, things: frozenset[str]) -> str | None:
    """The other class that neighbours' words for the same matter are likely read as."""
    if things and not is_of_class(things, matter.category):
        return class_of_things(things)
    akin: str | None = load("likeness")["akin"].get(matter.kind)
    return akin


def may_be_one(one: Signs, other: Signs) -> bool:
    """Class, place and time: what no words can make up for."""
    a, b = one.matter, other.matter
    days = timedelta(days=load("likeness")["asking"]["days"])
    return (
        _are_akin(one, other)
        and abs(a.at - b.at) <= days
        and may_be_one_place(a, b)
        and not _apart(one.sides, other.sides)
    )


def _are_akin(one: Signs, other: Signs) -> bool:
    a, b = one.matter, other.matter
    return (
        a.category == b.category
        or class_beside(a, one.things) == b.category
        or class_beside(b, other.things) == a.category
    )


def may_be_one_place(a: Matter, b: Matter) -> bool:
    """The same building, or an estate and a building of it; of wide matters the same estate."""
    return are_near(a.place, b.place, wide=is_wide(a) and is_wide(b))


def are_near(a: str | None, b: str | None, *, wide: bool) -> bool:
    """Whether a matter of one place may be a matter of the other."""
    if a is None or b is None or a == b:
        return True
    if wide:
        return estate_of(a) == estate_of(b)
    return estate_of(a) == b or estate_of(b) == a


@lru_cache(4096)
def estate_of(place: str) -> str:
    """幸福里小区3号楼 → 幸福里小区"""
    return _BUILDING.sub("", place)


def is_wide(matter: Matter) -> bool:
    """Whether whole buildings and estates share such a matter."""
    return is_wide_kind(matter.category, matter.subcategory)


def is_wide_kind(category: str, subcategory: str | None) -> bool:
    kinds = _wide()
    return category in kinds or f"{category}.{subcategory or LAST_RESORT}" in kinds


@cache
def _wide() -> frozenset[str]:
    return frozenset(load("likeness")["wide"]["kinds"])


def _same_kind(a: Matter, b: Matter) -> float:
    if a.kind == b.kind:
        return 1.0
    is_open = LAST_RESORT in (a.subcategory or LAST_RESORT, b.subcategory or LAST_RESORT)
    return 0.5 if is_open else 0.0


def _shared_weight(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """The share of the lighter one's weight that both have in common."""
    least = min(sum(a.values()), sum(b.values()))
    both = sum(min(weight, b[word]) for word, weight in a.items() if word in b)
    return both / least if least > 0 else 0.0


def _shared(a: Collection[str], b: frozenset[str]) -> float:
    if not a or not b:
        return 0.0
    return len(b.intersection(a)) / sqrt(len(a) * len(b))


def _apart(a: frozenset[str], b: frozenset[str]) -> float:
    """Both say something of it, and nothing in common."""
    return float(bool(a and b and not a & b))


def _pairs(text: str) -> Iterator[str]:
    for piece in _BETWEEN_WORDS.split(text):
        for at in range(len(piece) - 1):
            yield piece[at : at + 2]


def _numbers(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for found in pattern.findall(text):
        yield _in_digits("".join(found))


def _in_digits(said: str) -> str:
    """五 → 5, 十二 → 12, 二十 → 20"""
    tens, ten, ones = said.partition("十")
    if ten:
        return str(10 * DIGITS.get(tens, 1) + DIGITS.get(ones, 0))
    return "".join(str(DIGITS.get(one, one)) for one in said)
