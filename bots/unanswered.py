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

UNKNOWN = 300  # how common pairs are taken to be that are no words

Vector = Mapping[str, float]


@dataclass
class Group:
    """同类未答 — texts alike, the latest first, and what they have in common."""

    texts: list[Saying] = field(default_factory=list)
    total: Counter[str] = field(default_factory=Counter)  # the sum of their vectors
    square: float = 0.0  # of its length

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
        self.take(vector)

    def take(self, vector: Vector) -> None:
        self.square += 1 + 2 * self._shared(vector)
        self.total.update(vector)

    def likeness(self, vector: Vector) -> float:
        """The cosine of what all say together and what the text says."""
        return self._shared(vector) / sqrt(self.square) if self.square else 0.0

    def _shared(self, vector: Vector) -> float:
        return sum(weight * self.total[term] for term, weight in vector.items())


def grouped(texts: Sequence[Saying], lexicon: Lexicon) -> list[Group]:
    """The largest first, of equals the one with the latest text.

    Each text, the oldest first, joins the group it is most like: a new one moves none of those
    before it.
    """
    ordered = sorted(texts, key=lambda one: (one.at, one.key))
    alike_from = load("unanswered")["alike_from"]
    groups: list[Group] = []
    saying: dict[str, set[int]] = {}
    for text in ordered:
        vector = _vector(text.text, lexicon)
        near = {place for term in vector for place in saying.get(term, ())}
        likeness = {one: groups[one].likeness(vector) for one in near}
        best = max(near, key=lambda one: (likeness[one], -one), default=None)
        if best is None or likeness[best] < alike_from:
            best = len(groups)
            groups.append(Group())
        groups[best].add(text, vector)
        for term in vector:
            saying.setdefault(term, set()).add(best)
    return sorted(groups, key=lambda one: (len(one.texts), one.latest.at), reverse=True)


def group_of(groups: Iterable[Group], key: str) -> Group | None:
    return next((one for one in groups if any(text.key == key for text in one.texts)), None)


def alike(texts: Sequence[str], others: Sequence[str], lexicon: Lexicon) -> list[bool]:
    """Which of the others ask about the same as these texts together."""
    together = Group()
    for text in texts:
        together.take(_vector(text, lexicon))
    alike_from = load("unanswered")["alike_from"]
    return [together.likeness(_vector(one, lexicon)) >= alike_from for one in others]


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


def terms_of(text: str, lexicon: Lexicon) -> frozenset[str]:
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


def _vector(text: str, lexicon: Lexicon) -> Vector:
    """Of length 1. A word weighs by how rare it is in the language, so that no other text of the
    list has a part in it."""
    common, total = lexicon.tokenizer.FREQ, lexicon.tokenizer.total
    rarity = {term: log(total / (common.get(term) or UNKNOWN)) for term in terms_of(text, lexicon)}
    length = sqrt(sum(value**2 for value in rarity.values()))
    return {term: value / length for term, value in rarity.items()}


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
