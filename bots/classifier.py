"""Scores a text against the lexicon: every class and child, with the words that spoke."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bots.lexicon import CLASSES, Entry, Hit, Lexicon, Vector
from bots.patterns import URGENT, Match, Span

TITLE_VALUE = 1.6

CHAT_VALUE = 1.6

FADING = ((60, 1.0), (140, 0.7))

FAR_VALUE = 0.45

REPEAT_VALUE = 0.25

COUNTED_REPEATS = 3

CALM = 8.0

HAND_SCALE = 0.5

DENIAL_REACH = 3


@dataclass(frozen=True)
class Reading:
    """阅读 — a text as the lexicon sees it: words said, rules fulfilled, what each is worth."""

    text: str
    title_end: int
    hits: tuple[Hit, ...]
    values: dict[Entry, float]
    matches: tuple[tuple[Match, float], ...]
    calm: float


@dataclass(frozen=True)
class Contribution:
    """依据 — a word said, and how much it spoke for one class."""

    word: str
    weight: float


def read(text: str, lexicon: Lexicon, title: str | None = None) -> Reading:
    """What the lexicon finds in a text; a title, if there is one, carries the matter."""
    head = lexicon.spelling.normalise(title or "").strip()
    body = lexicon.spelling.normalise(text).strip()
    whole = f"{head}\n{body}" if head else body
    title_end = len(head)
    hits = tuple(_undenied(lexicon.hits(whole), whole))
    values, seen, said = _values(hits, title_end)
    matches = tuple(
        (match, max(worth(span.start, title_end) for span in match.spans))
        for match in lexicon.rules.matches(seen, said)
    )
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
    said = sum(value for entry, value in values.items() if entry.vector)
    return math.sqrt(1 + said / CALM)


def class_scores(reading: Reading, lexicon: Lexicon) -> list[float]:
    """One number a class, in the order of CLASSES; the highest wins."""
    said = [0.0] * len(CLASSES)
    for entry, value in reading.values.items():
        for index, weight in entry.vector:
            said[index] += value * weight
    for match, value in reading.matches:
        for index, weight in lexicon.rule_vectors[match.rule]:
            said[index] += value * weight
    calm = HAND_SCALE / reading.calm
    return [bias + calm * score for bias, score in zip(lexicon.bias, said, strict=True)]


def probabilities(scores: Sequence[float], temperature: float) -> list[float]:
    highest = max(scores)
    powers = [math.exp((score - highest) / temperature) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def contributions(reading: Reading, lexicon: Lexicon, index: int) -> list[Contribution]:
    """The words that spoke for a class, strongest first; a rule's weight is shared by its words."""
    total: dict[str, float] = defaultdict(float)
    calm = HAND_SCALE / reading.calm
    for entry, value in reading.values.items():
        total[entry.word] += value * calm * _weight(entry.vector, index)
    for match, value in reading.matches:
        weight = _weight(lexicon.rule_vectors[match.rule], index)
        words = _words_of(match, reading) if weight > 0 else ()
        for word in words:
            total[word] += value * calm * weight / len(words)
    spoke = [Contribution(word, weight) for word, weight in total.items() if weight > 0]
    return sorted(spoke, key=lambda one: (-one.weight, one.word))


def _words_of(match: Match, reading: Reading) -> tuple[str, ...]:
    """All words thereabouts that could have fulfilled the rule, so that none decides unseen."""
    first = min(span.start for span in match.spans) - match.rule.reach
    last = max(span.end for span in match.spans) + match.rule.reach
    needed = set(match.rule.needs)
    return tuple(
        dict.fromkeys(
            hit.entry.word
            for hit in reading.hits
            if first <= hit.start and hit.end <= last and needed.intersection(hit.entry.concepts)
        )
    )


def child_scores(reading: Reading, key: str) -> dict[str, float]:
    """How much was said for each child of a category, by the weights people wrote."""
    total: dict[str, float] = defaultdict(float)
    for entry, value in reading.values.items():
        for owner, child, weight in entry.children:
            if owner == key:
                total[child] += value * weight
    for match, value in reading.matches:
        owner, _, child = match.rule.head.partition(".")
        if owner == key and child:
            total[child] += value * match.rule.weight
    return total


def urgent_score(reading: Reading) -> float:
    """Danger counts the same wherever it is said."""
    words = sum(entry.urgent for entry in reading.values)
    rules = sum(m.rule.weight for m, _ in reading.matches if m.rule.head == URGENT)
    return words + rules


def _weight(vector: Vector, index: int) -> float:
    return next((weight for at, weight in vector if at == index), 0.0)


def _undenied(hits: Sequence[Hit], text: str) -> Iterator[Hit]:
    """Leaves out what the writer says it is not about."""
    for position, hit in enumerate(hits):
        before = hits[position - 1] if position else None
        after = hits[position + 1] if position + 1 < len(hits) else None
        if before and before.entry.sign == "before" and _denies(before, hit, text):
            continue
        if after and after.entry.sign == "after" and after.start - hit.end < DENIAL_REACH:
            continue
        yield hit


def _denies(denial: Hit, hit: Hit, text: str) -> bool:
    asked = denial.start > 0 and text[denial.start - 1] == text[denial.end - 1]
    return not asked and hit.start - denial.end < DENIAL_REACH


def _values(
    hits: Sequence[Hit], title_end: int
) -> tuple[dict[Entry, float], int, dict[str, list[Span]]]:
    values: dict[Entry, float] = {}
    said: dict[str, list[Span]] = defaultdict(list)
    counts: Counter[Entry] = Counter()
    seen = 0
    for start, end, entry in hits:
        value = worth(start, title_end)
        if value > values.get(entry, 0.0):
            values[entry] = value
        counts[entry] += 1
        if entry.mask:
            seen |= entry.mask
            span = Span(start, end, entry.word)
            for concept in entry.concepts:
                said[concept].append(span)
    for entry, count in counts.items():
        if count > 1:
            values[entry] *= 1 + REPEAT_VALUE * min(count - 1, COUNTED_REPEATS)
    return values, seen, said
