"""Texts that met no answer, grouped by what they ask about. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import log, sqrt

from bots.accusation import accused
from bots.learning import stop_words
from bots.lexicon import Lexicon
from bots.topics import cut
from bots.understand import understand
from config.policy import load
from models.unanswered.later import Later, mark_of
from models.unanswered.lists import Saying
from models.unanswered.table import Settlement

Bag = frozenset[str]
Vector = Mapping[str, float]


@dataclass
class Group:
    """同类未答 — texts alike, the latest first, and what they have in common."""

    texts: list[Saying] = field(default_factory=list)
    total: Counter[str] = field(default_factory=Counter)  # the sum of their vectors

    @property
    def latest(self) -> Saying:
        return self.texts[0]

    def words(self, most: int) -> list[str]:
        """What weighs most in it, no part of one beside the whole."""
        ranked = sorted(
            self.total, key=lambda word: (-round(self.total[word], 6), -len(word), word)
        )
        chosen: list[str] = []
        for word in ranked:
            is_new = not any(word in one or one in word for one in chosen)
            if is_new and len(word) > 1 and len(chosen) < most:
                chosen.append(word)
        return chosen

    def add(self, text: Saying, vector: Vector) -> None:
        self.texts.insert(0, text)
        self.total.update(vector)

    def likeness(self, vector: Vector) -> float:
        return _cosine(vector, self.total)


def grouped(texts: Sequence[Saying], lexicon: Lexicon) -> list[Group]:
    """The largest first, of equals the one with the latest text.

    Each text, the oldest first, joins the group it is most like: a new one moves none of those
    before it.
    """
    ordered = sorted(texts, key=lambda one: (one.at, one.key))
    vectors = _vectors([terms_of(one.text, lexicon) for one in ordered])
    alike_from = load("unanswered")["alike_from"]
    groups: list[Group] = []
    saying: dict[str, set[int]] = {}
    for text, vector in zip(ordered, vectors, strict=True):
        near = {place for term in vector for place in saying.get(term, ())}
        likeness, place = max(
            ((groups[one].likeness(vector), -one) for one in near), default=(0.0, 0)
        )
        if likeness < alike_from:
            groups.append(Group())
            place = 1 - len(groups)
        groups[-place].add(text, vector)
        for term in vector:
            saying.setdefault(term, set()).add(-place)
    return sorted(groups, key=lambda one: (len(one.texts), one.latest.at), reverse=True)


def group_of(groups: Iterable[Group], key: str) -> Group | None:
    return next((one for one in groups if any(text.key == key for text in one.texts)), None)


def alike(texts: Sequence[str], others: Sequence[str], lexicon: Lexicon) -> list[bool]:
    """Which of the others ask about the same as these texts together."""
    vectors = _vectors([terms_of(one, lexicon) for one in (*texts, *others)])
    total: Counter[str] = Counter()
    for vector in vectors[: len(texts)]:
        total.update(vector)
    alike_from = load("unanswered")["alike_from"]
    return [_cosine(vector, total) >= alike_from for vector in vectors[len(texts) :]]


def answered_later(
    settlement: Settlement, texts: Sequence[str], later: Iterable[Later], lexicon: Lexicon
) -> int:
    """How many asked the same as these texts since, and were told by what settled them."""
    mark = mark_of(settlement)
    told = [one.text for one in later if one.at > settlement.at and mark in one.marks]
    return sum(alike(texts, told, lexicon))


def accuses(text: str, lexicon: Lexicon) -> bool:
    """Whether a text that became no ticket is about somebody who might read it."""
    return accused(lexicon.spelling.normalise(text), understand(text, lexicon)) is not None


def terms_of(text: str, lexicon: Lexicon) -> Bag:
    """What a text asks about: its words, and every two characters that stand together in one or
    that no dictionary joins. Words by which one asks are nothing of it."""
    terms: set[str] = set()
    run = ""
    for word in (*cut(_asking().sub(" ", text), lexicon), " "):
        is_said = word.isalpha() and word not in _empty_words() and word not in lexicon.places
        if is_said and len(word) == 1:
            run += word
            continue
        terms.update((run,) if len(run) == 1 else _pairs(run))
        run = ""
        if is_said:
            terms.update((word, *_pairs(word)))
    return frozenset(terms) or frozenset({lexicon.spelling.normalise(text)})


def _pairs(word: str) -> Iterator[str]:
    return (word[at : at + 2] for at in range(len(word) - 1))


def _vectors(bags: Sequence[Bag]) -> list[Vector]:
    """Each of length 1; a word weighs by how few of the texts have it."""
    said = Counter(term for bag in bags for term in bag)
    rarity = {term: log(1 + len(bags) / times) for term, times in said.items()}
    found: list[Vector] = []
    for bag in bags:
        length = sqrt(sum(rarity[term] ** 2 for term in bag))
        found.append({term: rarity[term] / length for term in bag})
    return found


def _cosine(unit: Vector, other: Mapping[str, float]) -> float:
    length = sqrt(sum(value**2 for value in other.values()))
    both = sum(value * other[term] for term, value in unit.items() if term in other)
    return both / length if length else 0.0


@cache
def _empty_words() -> frozenset[str]:
    directory, own = load("directory"), load("unanswered")["beside"]
    asking, beside = directory["asking"]["words"], directory["beside"]["words"]
    return frozenset((*stop_words()[1], *asking, *beside, *own))


@cache
def _asking() -> re.Pattern[str]:
    """Longer ones alone: a single character may be half of a word."""
    words = sorted((one for one in _empty_words() if len(one) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words)))
