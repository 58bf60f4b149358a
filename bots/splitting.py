"""Finds several matters in one message: clauses that are each surely about something else."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

from bots.lexicon import Lexicon
from bots.places_in_text import PlaceMention
from bots.understand import Evidence, Understanding, understand
from config.categories import LAST_RESORT, Intent, Urgency
from config.policy import load

ADDED, MOREOVER, ENDED, COMMA = "added", "moreover", "ended", "comma"
Kind = tuple[str, str | None]
"""Class and subclass of a clause."""

_EDGES = " \t\r\n,，。.;；、:：!！?？~～"


@dataclass(frozen=True, slots=True)
class Part:
    """一件事 — one of several matters in a message: its words, and what they mean."""

    text: str
    meant: Understanding

    def kept(self) -> dict[str, Any]:
        """As an open question keeps it."""
        return {"text": self.text, "meant": asdict(self.meant)}


def restored(kept: Mapping[str, Any]) -> Part:
    """The part that `Part.kept` wrote down."""
    said = dict(kept["meant"])
    place = said.pop("place")
    return Part(
        kept["text"],
        Understanding(
            **said
            | {
                "urgency": Urgency(said["urgency"]),
                "intent": Intent(said["intent"]),
                "evidence": tuple(Evidence(**one) for one in said["evidence"]),
                "alternatives": tuple((key, value) for key, value in said["alternatives"]),
                "place": PlaceMention(**place) if place else None,
            }
        ),
    )


def split(said: str, whole: Understanding, lexicon: Lexicon) -> tuple[Part, ...]:
    """At least two parts that differ in class or subclass, in the order they were said; else none.

    An alarm is never split: it is taken in whole and at once.
    """
    table = load("splitting")
    if len(said) > table["longest"] or whole.urgency == Urgency.EMERGENCY:
        return ()
    if not (_speaks_for_two(whole) or _adds().search(said.strip(_EDGES))):
        return ()
    clauses = list(_clauses(said))
    if not 2 <= len(clauses) <= table["most_clauses"]:
        return ()
    kinds = _kinds(clauses, lexicon)
    if len(set(kinds.values())) < 2:
        return ()
    parts = _joined(clauses, kinds, lexicon)
    if len(parts) < 2 or any(one.meant.urgency == Urgency.EMERGENCY for one in parts):
        return ()
    return parts


def _speaks_for_two(whole: Understanding) -> bool:
    """Whether another class than the first stands out of the rest, however faintly."""
    table = load("splitting")
    never = table["classes"]["never"]
    likely = [value for key, value in whole.alternatives if key not in never]
    if len(likely) < 3:
        return False
    second, third = likely[1:3]
    return bool(second >= max(table["second_from"], table["second_over_third"] * third))


def main(parts: tuple[Part, ...], whole: Understanding) -> int:
    """Which part keeps the ticket: the one whose class the whole has, else the first."""
    found = (at for at, one in enumerate(parts) if one.meant.category == whole.category)
    return next(found, 0)


def under_main(parts: tuple[Part, ...], whole: Understanding) -> Understanding:
    """The whole message, classed as its main part: of two sure matters neither is in doubt."""
    if not parts:
        return whole
    meant = parts[main(parts, whole)].meant
    return replace(
        whole,
        category=meant.category,
        subcategory=meant.subcategory,
        confidence=max(meant.confidence, whole.confidence),
        evidence=meant.evidence,
    )


@dataclass(slots=True)
class _Group:
    """Clauses that make one matter."""

    texts: list[str]
    kind: Kind | None = None


def _kinds(clauses: list[tuple[str, str]], lexicon: Lexicon) -> dict[int, Kind]:
    """The kind of each clause that is surely a matter of its own, by the clause's place.

    Once there can not be two of them no further clause is read.
    """
    left = [at for at, one in enumerate(clauses) if _may_stand(*one)]
    found: dict[int, Kind] = {}
    while left and len(left) + len(found) > 1:
        at = left.pop(0)
        joint, clause = clauses[at]
        is_followed = at + 1 < len(clauses) and clauses[at + 1][0] == ADDED
        kind = _kind(ADDED if is_followed else joint, clause, lexicon)
        if kind is not None:
            found[at] = kind
    return found


def _joined(
    clauses: list[tuple[str, str]], kinds: Mapping[int, Kind], lexicon: Lexicon
) -> tuple[Part, ...]:
    groups = [_Group([])]
    for at, (joint, clause) in enumerate(clauses):
        current = groups[-1]
        kind = kinds.get(at)
        if kind is None:
            current.texts.append(clause)
            continue
        same = next((one for one in groups if _is_same(joint, kind, one)), None)
        if current.kind is None:
            current.texts.append(clause)
            current.kind = kind
        elif same is not None:
            same.texts.append(clause)
        elif _belongs(joint, kind[0], current.kind[0]) or _is_full(groups):
            current.texts.append(clause)
        else:
            groups.append(_Group([clause], kind))
    if len(groups) < 2:
        return ()
    texts = ["，".join(one.texts) for one in groups]
    return _distinct(tuple(Part(text, understand(text, lexicon)) for text in texts))


def _distinct(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """None of them when a part, read as a whole, is unsure or like another."""
    sure = load("splitting")["sure"][ADDED]
    kinds = {(one.meant.category, one.meant.subcategory) for one in parts}
    is_sure = all(one.meant.confidence >= sure and one.meant.evidence for one in parts)
    return parts if is_sure and len(kinds) == len(parts) else ()


def _is_same(joint: str, kind: Kind, group: _Group) -> bool:
    """One class is one matter, unless another subclass of it is plainly added."""
    if group.kind is None or group.kind[0] != kind[0]:
        return False
    return joint != ADDED or kind[1] == group.kind[1] or LAST_RESORT in (kind[1], group.kind[1])


def _is_full(groups: list[_Group]) -> bool:
    return bool(len(groups) >= load("splitting")["most_parts"])


def _belongs(joint: str, category: str, current: str) -> bool:
    """Two names for one thing, unless another matter is plainly added."""
    return joint != ADDED and is_related(category, current)


def is_related(one: str, other: str) -> bool:
    """Whether one thing may show as both."""
    return frozenset((one, other)) in _related()


def names_another(text: str) -> bool:
    """Whether the words begin by saying that something else is added."""
    return text.startswith(tuple(load("splitting")["words"][ADDED]))


def _may_stand(joint: str, clause: str) -> bool:
    return len(clause) >= load("splitting")["shortest_clause"] and not _is_remark(joint, clause)


def _kind(joint: str, clause: str, lexicon: Lexicon) -> Kind | None:
    """The kind of a clause that is surely a matter of its own; None for all others."""
    table = load("splitting")
    meant = understand(clause, lexicon)
    if meant.confidence < table["sure"][joint] or not meant.evidence:
        return None
    if meant.intent in (Intent.CHITCHAT, Intent.ABUSE):
        return None
    is_soft = joint != ADDED and meant.category in table["classes"]["soft"]
    if is_soft or meant.category in table["classes"]["never"]:
        return None
    return meant.category, meant.subcategory


def _is_remark(joint: str, clause: str) -> bool:
    """What came of a matter, why it is so, or who is to blame for it."""
    table = load("splitting")
    rest, blames = _blame().subn("", clause)
    if blames and len(rest.strip(_EDGES)) < table["shortest_matter"]:
        return True
    if joint == ADDED:
        return False
    if clause.startswith(tuple(table["words"]["follows"])):
        return True
    return joint == COMMA and any(one in clause for one in table["words"]["shows_result"])


def _clauses(said: str) -> Iterator[tuple[str, str]]:
    """How each clause is joined to those before it, and its words."""
    joint, start = ENDED, 0
    for match in _boundary().finditer(said):
        clause = said[start : match.start()].strip(_EDGES)
        if clause:
            yield joint, clause
            joint = COMMA
        joint = _stronger(joint, match.lastgroup or COMMA)
        start = match.end()
    last = said[start:].strip(_EDGES)
    if last:
        yield joint, last


def _stronger(one: str, other: str) -> str:
    """ "，另外" is as strong as its word."""
    order = (COMMA, ENDED, MOREOVER, ADDED)
    return max(one, other, key=order.index)


@cache
def _boundary() -> re.Pattern[str]:
    return re.compile(rf"{_adds().pattern}|(?P<{ENDED}>[。；;!！?？\n]+)|(?P<{COMMA}>[,，\s]+)")


@cache
def _adds() -> re.Pattern[str]:
    """What joins another matter on by more than a mark of punctuation."""
    words = load("splitting")["words"]
    goes_on = "|".join(map(re.escape, words["goes_on"]))
    added, moreover = (
        "|".join(map(re.escape, sorted(words[kind], key=len, reverse=True)))
        for kind in (ADDED, MOREOVER)
    )
    return re.compile(
        rf"(?P<{ADDED}>(?:(?<=^)|(?<=[\s,，。；;：:、!！?？]))(?:[1-9１-９][.．、)）](?!\d)"
        r"|[(（][1-9一二三四五][)）]|[一二三四五]、|第[一二三四五](?:个|件)?(?:[是,，、:：]|就是))"
        rf"|[①-⑨]|还有(?=(?:{goes_on}))(?<=[\s,，。；;!！]还有)|(?:{added})(?!(?:{goes_on}))[,，:：]?)"
        rf"|(?P<{MOREOVER}>(?:{moreover})[,，]?)"
    )


@cache
def _blame() -> re.Pattern[str]:
    return re.compile("|".join(load("splitting")["words"]["blame"]))


@cache
def _related() -> frozenset[frozenset[str]]:
    return frozenset(frozenset(pair) for pair in load("splitting")["classes"]["related"])
