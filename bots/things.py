"""What a text names: things, troubles, sides and spots, by the word lists of likeness."""

import unicodedata
from collections.abc import Collection, Mapping
from functools import cache
from typing import NamedTuple

from config.policy import load


class Index(NamedTuple):
    """索引 — what each word names, and how long the words of one beginning are, longest first."""

    names: Mapping[str, frozenset[str]]
    lengths: Mapping[str, tuple[int, ...]]


def folded(text: str) -> str:
    """As the lists are written: full-width forms and capitals make no difference."""
    return unicodedata.normalize("NFKC", text).lower()


def named(text: str, table: str) -> frozenset[str]:
    """What of this table a folded text names; the longest words count, none overlapping."""
    names_of, lengths_of = _index(table)
    found: set[str] = set()
    end = 0
    for at, first in enumerate(text):
        if first in lengths_of and at >= end:
            for length in lengths_of[first]:
                names = names_of.get(text[at : at + length])
                if names is not None:
                    found |= names
                    end = at + length
                    break
    return frozenset(found)


def things_in(said: str) -> frozenset[str]:
    """The things that a message names, as it was written."""
    return named(folded(said), "things")


def class_of_things(things: Collection[str]) -> str | None:
    """The class that most of them belong to."""
    classes = [_classes()[thing] for thing in things]
    return max(sorted(set(classes)), key=classes.count, default=None)


def is_of_class(things: Collection[str], category: str) -> bool:
    return any(_classes()[thing] == category for thing in things)


@cache
def _classes() -> Mapping[str, str]:
    return {thing: category for category, rows in _things().items() for thing in rows}


@cache
def _index(table: str) -> Index:
    nothing = load("likeness")["nothing"]["words"].split()
    names: dict[str, set[str]] = {word: set() for word in nothing}
    for name, words in _rows(table).items():
        for word in words.split():
            names.setdefault(word, set()).add(name)
    lengths: dict[str, set[int]] = {}
    for word in names:
        lengths.setdefault(word[0], set()).add(len(word))
    return Index(
        {word: frozenset(named) for word, named in names.items()},
        {first: tuple(sorted(some, reverse=True)) for first, some in lengths.items()},
    )


def _rows(table: str) -> Mapping[str, str]:
    if table == "things":
        return {thing: words for rows in _things().values() for thing, words in rows.items()}
    rows: Mapping[str, str] = load("likeness")[table]
    return rows


def _things() -> Mapping[str, Mapping[str, str]]:
    """By the class that their matters belong to."""
    things: Mapping[str, Mapping[str, str]] = load("likeness")["things"]
    return things
