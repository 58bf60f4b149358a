"""Proposes words and weights from corrected tickets, each with its evidence. Applies nothing."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from bots.lexicon import Lexicon
from bots.regression import Moved, Sentence, broken
from bots.taught import MOST_WEIGHT, taught, weights_in
from bots.understand import understand
from config.categories import LAST_RESORT
from config.policy import HERE
from models.tickets.corrections import Classed, Correction

STOP_WORDS = HERE / "stop_words.txt"

LEAST_TEXTS = 3  # two tickets alike may be one neighbour writing twice

LEAST_MENDED = 2

LEAST_ODDS = 3.0  # about twenty times likelier here than elsewhere

SHORTEST, LONGEST = 2, 6

ALIGNED_SHARE = 0.5  # of the texts: jieba may cut a word it does not know in two

LEAST_WEIGHT = 2

MOST_TRIALS = 80  # each is a lexicon built anew; a run stays below half a minute

RUN = re.compile("[a-z\u4e00-\u9fff]+")


@dataclass(frozen=True)
class Candidate:
    """候选词 — a word as texts have it: where it is said and how much that tells."""

    word: str
    category: str
    log_odds: float
    said_by: tuple[Correction, ...]
    corrected: int  # texts corrected to this class
    others_with: int
    others: int


@dataclass(frozen=True)
class Suggestion:
    """建议 — a word, its class and the least weight that does all a greater one would."""

    candidate: Candidate
    label: str
    weight: int
    right_before: int
    right_after: int
    breaks: tuple[Moved, ...] = ()


@dataclass
class _Learner:
    """What is known while suggestions are made: those already made count for the next."""

    base: Lexicon
    words: dict[str, dict[str, float]]
    sentences: Sequence[Sentence]
    trials: int = MOST_TRIALS
    made: list[Suggestion] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lexicon = taught(self.base, self.words)

    def consider(self, candidate: Candidate) -> None:
        """Takes the word up if it would set enough texts right that are still wrong."""
        wrong = [one for one in candidate.said_by if not _is_right(one, self.lexicon)]
        if len(wrong) < LEAST_MENDED or self.trials <= 0:
            return
        label = f"{candidate.category}.{_child(wrong)}"
        known = weights_in(self.lexicon, candidate.word).get(label, 0.0)
        low, high = max(LEAST_WEIGHT, int(known) + 1), int(MOST_WEIGHT)
        best = self._right(candidate, label, high) if low <= high else 0
        right_before = len(candidate.said_by) - len(wrong)
        if best - right_before < LEAST_MENDED:
            return
        while low < high:
            middle = (low + high) // 2
            if self._right(candidate, label, middle) >= best:
                high = middle
            else:
                low = middle + 1
        self._make(Suggestion(candidate, label, high, right_before, best))

    def _make(self, suggestion: Suggestion) -> None:
        """One that would break a sentence of the regression set is told, and not built upon."""
        candidate = suggestion.candidate
        words = self._with(candidate.word, suggestion.label, suggestion.weight)
        after = taught(self.base, words)
        if breaks := broken(self.sentences, self.lexicon, after):
            made = replace(suggestion, breaks=tuple(breaks))
        else:
            made, self.words, self.lexicon = suggestion, words, after
        self.made.append(made)

    def _right(self, candidate: Candidate, label: str, weight: int) -> int:
        self.trials -= 1
        lexicon = taught(self.base, self._with(candidate.word, label, weight))
        return sum(_is_right(one, lexicon) for one in candidate.said_by)

    def _with(self, word: str, label: str, weight: float) -> dict[str, dict[str, float]]:
        return {**self.words, word: {**self.words.get(word, {}), label: weight}}


def suggest(
    base: Lexicon,
    words: Mapping[str, Mapping[str, float]],
    corrections: Sequence[Correction],
    others: Sequence[Classed],
    sentences: Sequence[Sentence],
) -> list[Suggestion]:
    """Words over the files `base` and the taught `words`, the most telling first.

    A word counts by how much likelier it is in texts corrected to its class than in all others:
    tickets that stay in the classes they were taken from, and sentences of the regression set.
    """
    learner = _Learner(base, {word: dict(row) for word, row in words.items()}, sentences)
    for candidate in candidates(learner.lexicon, corrections, others, sentences):
        if not any(_overlaps(candidate, one.candidate) for one in learner.made):
            learner.consider(candidate)
    return learner.made


def candidates(
    lexicon: Lexicon,
    corrections: Sequence[Correction],
    others: Sequence[Classed],
    sentences: Sequence[Sentence],
) -> list[Candidate]:
    """Every word that tells a class from the others, the most telling first."""
    texts = [*others, *(Classed(one.text, one.category) for one in sentences)]
    said = [(one.category, grams(one.text, lexicon)) for one in texts]
    corrected = [(one, grams(one.text, lexicon)) for one in corrections]
    said += [(one.after[0], words) for one, words in corrected]
    found: list[Candidate] = []
    for category in {one.after[0] for one in corrections}:
        mine = [(one, words) for one, words in corrected if one.after[0] == category]
        rest = [words for key, words in said if key != category]
        found += _telling(category, mine, rest)
    return sorted(found, key=lambda one: (-one.log_odds, -len(one.said_by), one.word))


def _telling(
    category: str,
    mine: Sequence[tuple[Correction, Mapping[str, bool]]],
    rest: Sequence[Mapping[str, bool]],
) -> list[Candidate]:
    said_by: dict[str, list[Correction]] = defaultdict(list)
    aligned: Counter[str] = Counter()
    for one, words in mine:
        for word, is_aligned in words.items():
            said_by[word].append(one)
            aligned[word] += is_aligned
    elsewhere = Counter(word for words in rest for word in words if word in said_by)
    found = {}
    for word, some in said_by.items():
        odds = log_odds(len(some), len(mine), elsewhere[word], len(rest))
        is_word = aligned[word] >= ALIGNED_SHARE * len(some)
        if is_word and len(some) >= LEAST_TEXTS and odds >= LEAST_ODDS:
            counts = len(mine), elsewhere[word], len(rest)
            found[word] = Candidate(word, category, round(odds, 2), tuple(some), *counts)
    return [one for one in found.values() if not _is_only_part(one, found.values())]


def log_odds(here: int, of_here: int, there: int, of_there: int) -> float:
    """How much likelier here than there; half a text is added to each count."""

    def odds(count: int, total: int) -> float:
        return math.log((count + 0.5) / (total - count + 0.5))

    return odds(here, of_here) - odds(there, of_there)


def grams(text: str, lexicon: Lexicon) -> dict[str, bool]:
    """Strings that may be words of their own, and whether jieba's words begin and end there.

    Names of places are none.
    """
    plain = lexicon.spelling.normalise(text)
    for place in sorted(lexicon.places, key=len, reverse=True):
        plain = plain.replace(place, " ")
    edges = lexicon.word_edges(plain)
    found: dict[str, bool] = {}
    for run in RUN.finditer(plain):
        for start in range(run.start(), run.end()):
            for end in range(start + SHORTEST, min(start + LONGEST, run.end()) + 1):
                word = plain[start:end]
                if _may_be_word(word):
                    found[word] = found.get(word, False) or bool(edges[start] and edges[end])
    return found


def _is_only_part(one: Candidate, all_found: Iterable[Candidate]) -> bool:
    """A part of a longer word that is never said without it."""
    return any(
        one.word != other.word and one.word in other.word and one.said_by == other.said_by
        for other in all_found
    )


def _may_be_word(word: str) -> bool:
    edges, words = stop_words()
    return not (word[0] in edges or word[-1] in edges or word in words)


@cache
def stop_words() -> tuple[frozenset[str], frozenset[str]]:
    sections: dict[str, set[str]] = {}
    for line in STOP_WORDS.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), set())
        elif line and not line.startswith("#"):
            section.update(line.split())
    return frozenset(sections["edges"]), frozenset(sections["words"])


def _is_right(one: Correction, lexicon: Lexicon) -> bool:
    return understand(one.text, lexicon).category == one.after[0]


def _child(some: Iterable[Correction]) -> str:
    """The child most of them were put in; of last resort when none was named."""
    named = Counter(one.after[1] for one in some if one.after[1])
    return max(sorted(named), key=lambda child: named[child]) if named else LAST_RESORT


def _overlaps(one: Candidate, other: Candidate) -> bool:
    is_part = one.word in other.word or other.word in one.word
    return is_part and one.category == other.category
