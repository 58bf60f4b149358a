"""What a text names: things, troubles, sides and spots, by the word lists of likeness."""

import unicodedata
from collections.abc import Collection, Mapping
from functools import cache

from config.policy import load

Index = Mapping[str, tuple[tuple[str, frozenset[str]], ...]]


def folded(text: str) -> str:
    """As the lists are written: full-width forms and capitals make no difference."""
    return unicodedata.normalize("NFKC", text).lower()


def named(text: str, table: str) -> frozenset[str]:
    """What of this table a folded text names; the longest words count, none overlapping."""
    index = _index(table)
    found: set[str] = set()
    at, length = 0, len(text)
    while at < length:
        for word, names in index.get(text[at], ()):
            if text.startswith(word, at):
                found |= names
                at += len(word)
                break
        else:
            at += 1
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
    """First character → words that begin with it, the longest first, and what they name."""
    nothing = load("likeness")["nothing"]["words"].split()
    names: dict[str, set[str]] = {word: set() for word in nothing}
    for name, words in _rows(table).items():
        for word in words.split():
            names.setdefault(word, set()).add(name)
    index: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for word in sorted(names, key=lambda one: (-len(one), one)):
        index.setdefault(word[0], []).append((word, frozenset(names[word])))
    return {first: tuple(rows) for first, rows in index.items()}


def _rows(table: str) -> Mapping[str, str]:
    if table == "things":
        return {thing: words for rows in _things().values() for thing, words in rows.items()}
    rows: Mapping[str, str] = load("likeness")[table]
    return rows


def _things() -> Mapping[str, Mapping[str, str]]:
    """By the class that their matters belong to."""
    things: Mapping[str, Mapping[str, str]] = load("likeness")["things"]
    return things
