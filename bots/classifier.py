"""Scores a text against the lexicon: every class and child, with the words that spoke."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from bots.lexicon import CLASSES, Entry, Hit, Lexicon
from bots.patterns import URGENT, Match

TITLE_VALUE = 1.6

CHAT_VALUE = 1.6

FADING = ((60, 1.0), (140, 0.7))

FAR_VALUE = 0.45

REPEAT_VALUE = 0.25

COUNTED_REPEATS = 3

CALM = 8.0

HAND_SCALE = 0.5

DENIAL_REACH = 3


class Reading(NamedTuple):
    """阅读 — a text as the lexicon sees it: words said, rules fulfilled, what each is worth."""

    text: str
    title_end: int
    hits: Sequence[Hit]
    values: dict[Entry, float]
    matches: Sequence[tuple[Match, float]]
    calm: float


def read(text: str, lexicon: Lexicon, title: str | None = None) -> Reading:
    """What the lexicon finds in a text; a title, if there is one, carries the matter."""
    head = lexicon.spelling.normalise(title).strip() if title else ""
    body = lexicon.spelling.normalise(text).strip()
    return read_normalised(f"{head}\n{body}" if head else body, lexicon, len(head))


def read_normalised(whole: str, lexicon: Lexicon, title_end: int = 0) -> Reading:
    """The same of a text that is in one spelling already."""
    hits = _undenied(lexicon.hits(whole), whole)
    values = _values(hits, title_end)
    seen, said = _concepts(hits)
    matches = [
        (match, worth(match.start, title_end)) for match in lexicon.rules.matches(seen, said)
    ]
    return Reading(whole, title_end, hits, values, matches, _calm(values))


def worth(start: int, title_end: int) -> float:
    """What a word is worth where it stands: first in the title, then near the beginning."""
    if start < title_end:
        return TITLE_VALUE
    first = 1.0 if title_end else CHAT_VALUE
    for limit, value in FADING:
        if start - title_end <= limit:
            return first * value
    return first * FAR_VALUE


def _calm(values: Mapping[Entry, float]) -> float:
    """Divides what is said: a long text says more, and is not surer for it."""
    said = 0.0
    for entry, value in values.items():
        if entry.vector:
            said += value
    return math.sqrt(1 + said / CALM)


def class_scores(reading: Reading, lexicon: Lexicon) -> list[float]:
    """One number a class, in the order of CLASSES; the highest wins."""
    said = [0.0] * len(CLASSES)
    for entry, value in reading.values.items():
        for index, weight in entry.vector.items():
            said[index] += value * weight
    for match, value in reading.matches:
        for index, weight in lexicon.rule_vectors[match.rule].items():
            said[index] += value * weight
    calm = HAND_SCALE / reading.calm
    return [bias + calm * score for bias, score in zip(lexicon.bias, said, strict=True)]


def probabilities(scores: Sequence[float], temperature: float) -> list[float]:
    highest = max(scores)
    powers = [math.exp((score - highest) / temperature) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def contributions(reading: Reading, lexicon: Lexicon, index: int) -> dict[str, float]:
    """How much each word spoke for a class; a rule's weight is shared by its words."""
    total: dict[str, float] = {}
    calm = HAND_SCALE / reading.calm
    for entry, value in reading.values.items():
        weight = entry.vector.get(index)
        if weight is not None:
            total[entry.word] = value * calm * weight
    for match, value in reading.matches:
        weight = lexicon.rule_vectors[match.rule].get(index, 0.0)
        if weight > 0:
            words = _words_of(match, reading)
            for word in words:
                total[word] = total.get(word, 0.0) + value * calm * weight / len(words)
    return total


def _words_of(match: Match, reading: Reading) -> Collection[str]:
    """All words thereabouts that could have fulfilled the rule, so that none decides unseen."""
    first, last = match.start - match.rule.reach, match.end + match.rule.reach
    return {
        entry.word
        for start, end, entry in reading.hits
        if entry.mask & match.mask and first <= start and end <= last
    }


def child_scores(reading: Reading, key: str) -> dict[str, float]:
    """How much was said for each child of a category, by the weights people wrote."""
    total: dict[str, float] = {}
    for entry, value in reading.values.items():
        for owner, child, weight in entry.children:
            if owner == key:
                total[child] = total.get(child, 0.0) + value * weight
    for match, value in reading.matches:
        rule = match.rule
        if rule.owner == key and rule.child:
            total[rule.child] = total.get(rule.child, 0.0) + value * rule.weight
    return total


def urgent_score(reading: Reading) -> float:
    """Danger counts the same wherever it is said."""
    words = sum([entry.urgent for entry in reading.values])
    rules = sum([m.rule.weight for m, _ in reading.matches if m.rule.head == URGENT])
    return words + rules


def _undenied(hits: Sequence[Hit], text: str) -> Sequence[Hit]:
    """Leaves out what the writer says it is not about."""
    if not any(hit.entry.sign in ("before", "after") for hit in hits):
        return hits
    return [
        hit
        for before, hit, after in zip((None, *hits), hits, (*hits[1:], None), strict=False)
        if not (before and before.entry.sign == "before" and _denies(before, hit, text))
        and not (after and after.entry.sign == "after" and after.start - hit.end < DENIAL_REACH)
    ]


def _denies(denial: Hit, hit: Hit, text: str) -> bool:
    asked = denial.start > 0 and text[denial.start - 1] == text[denial.end - 1]
    return not asked and hit.start - denial.end < DENIAL_REACH


def _values(hits: Sequence[Hit], title_end: int) -> dict[Entry, float]:
    """What each entry is worth at its best place; saying it again counts a little."""
    values: dict[Entry, float] = {}
    repeats: dict[Entry, int] = {}
    for start, _, entry in hits:
        value = worth(start, title_end)
        before = values.get(entry)
        if before is None:
            values[entry] = value
            continue
        repeats[entry] = repeats.get(entry, 0) + 1
        if value > before:
            values[entry] = value
    for entry, count in repeats.items():
        values[entry] *= 1 + REPEAT_VALUE * min(count, COUNTED_REPEATS)
    return values


def _concepts(hits: Sequence[Hit]) -> tuple[int, dict[str, list[Hit]]]:
    """The union of the concepts' bits, and where each concept was said."""
    seen = 0
    said: dict[str, list[Hit]] = {}
    for hit in hits:
        entry = hit.entry
        if entry.mask:
            seen |= entry.mask
            for concept in entry.concepts:
                said.setdefault(concept, []).append(hit)
    return seen, said
