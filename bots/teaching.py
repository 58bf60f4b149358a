"""What teaching a word would change, shown before it is done; and what can not be taught."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from bots.lexicon import Lexicon
from bots.regression import Moved, Sentence, broken
from bots.taught import (
    LONGEST,
    MOST_WEIGHT,
    SHORTEST,
    WeightChange,
    Words,
    differences,
    merged,
    taught,
    weights_in,
)
from bots.understand import Understanding, understand
from config.categories import NAMING, is_label, label_of
from models.errors import DomainError

MOST_NEAR = 12


class WordUnfit(DomainError):
    """This can not be taught: `why` says whether the word, its class or its weight is amiss."""

    template = "word_unfit"


@dataclass(frozen=True, slots=True)
class Weighing:
    """词的分量 — what a word weighs for one class: by the files, as taught, and in force."""

    label: str
    shipped: float | None
    taught: float | None

    @property
    def weight(self) -> float:
        return (self.shipped or 0.0) if self.taught is None else self.taught


@dataclass(frozen=True, slots=True)
class Reread:
    """重读 — a text as it is understood, and as it would be once words are taught."""

    text: str
    before: Understanding
    after: Understanding

    @property
    def is_moved(self) -> bool:
        return _class(self.before) != _class(self.after)


@dataclass(frozen=True)
class Trial:
    """试算 — everything a change of the taught words would do."""

    changes: Sequence[WeightChange]
    rereads: Sequence[Reread]
    looked_at: int  # so many texts were read with both
    broken: Sequence[Moved]


@dataclass(frozen=True)
class Teacher:
    """教词 — the words of the files with the names of places, and what is taught over them."""

    base: Lexicon
    words: Words
    # A lexicon takes longer to build than all that is read with it.
    _built: list[tuple[Words, Lexicon]] = field(default_factory=list, repr=False, compare=False)

    def weighings(self, word: str) -> list[Weighing]:
        """Where a word weighs, the heaviest first; what was silenced stays listed."""
        spelled = self.spelled(word)
        shipped, own = weights_in(self.base, spelled), self.words.get(spelled, {})
        rows = [
            Weighing(label, shipped.get(label), own.get(label))
            for label in {*shipped, *own}
            if is_label(label)
        ]
        return sorted(rows, key=lambda one: (-one.weight, one.label))

    def near(self, word: str, most: int = MOST_NEAR) -> list[str]:
        """Longer words with this one in them that weigh something, the shortest first."""
        spelled = self.spelled(word)
        longer = {
            one
            for one in {*self.base.words, *self.words}
            if spelled in one and spelled != one and self.weighings(one)
        }
        return sorted(longer, key=lambda one: (len(one), one))[:most]

    def spelled(self, word: str) -> str:
        return self.base.spelling.normalise(word.strip())

    def with_word(self, word: str, label: str, weight: int) -> Words:
        """All that is taught once this word weighs so much for the class. Raises WordUnfit."""
        spelled = _checked(self.spelled(word))
        if not is_label(label):
            raise WordUnfit(why="class")
        if not 1 <= weight <= MOST_WEIGHT:
            raise WordUnfit(why="weight", most=int(MOST_WEIGHT))
        rows = {one.label: one for one in self.weighings(spelled)}
        if label in rows and rows[label].weight == weight:
            raise WordUnfit(why="same", word=spelled, label=_name(label), weight=weight)
        if not any(
            one.weight and _category(one.label) == _category(label) for one in rows.values()
        ):
            self._check_heavier(spelled, rows.values(), weight)
        return merged(self.words, {spelled: {label: float(weight)}})

    def without_word(self, word: str, label: str) -> Words:
        """It weighs nothing for the class any more, whether files or people said so."""
        row = self._row(word, label)
        silenced = None if row.shipped is None else 0.0
        return merged(self.words, {self.spelled(word): {label: silenced}})

    def as_shipped(self, word: str, label: str) -> Words:
        """What was taught of it is taken back."""
        if self._row(word, label).taught is None:
            raise WordUnfit(why="not_taught", word=word)
        return merged(self.words, {self.spelled(word): {label: None}})

    def trial(self, after: Words, texts: Collection[str], sentences: Collection[Sentence]) -> Trial:
        """Only what says one of the changed words can be understood otherwise."""
        # Also a word that weighs nothing: texts are cut by it.
        words = [
            one for one in {*self.words, *after} if self.words.get(one, {}) != after.get(one, {})
        ]
        touched = [one for one in sentences if self.said(words, one.text)]
        reread = self.read_again(after, [one for one in texts if self.said(words, one)])
        return Trial(
            differences(self.base, self.words, after),
            [one for one in reread if one.is_moved],
            len(texts),
            broken(touched, self._taught(self.words), self._taught(after)),
        )

    def read_again(self, after: Words, texts: Iterable[str]) -> list[Reread]:
        """The texts as they are understood now and as they would be."""
        old, new = self._taught(self.words), self._taught(after)
        return [Reread(text, understand(text, old), understand(text, new)) for text in texts]

    def said(self, words: Iterable[str], text: str) -> list[str]:
        """Which of the words stand in a text."""
        plain = self.base.spelling.normalise(text)
        return [word for word in words if word in plain]

    def _taught(self, words: Words) -> Lexicon:
        for known, lexicon in self._built:
            if known == words:
                return lexicon
        self._built.append((words, taught(self.base, words)))
        return self._built[-1][1]

    def _row(self, word: str, label: str) -> Weighing:
        found = next((one for one in self.weighings(word) if one.label == label), None)
        if found is None:
            raise WordUnfit(why="unknown", word=word)
        return found

    def _check_heavier(self, word: str, rows: Iterable[Weighing], weight: int) -> None:
        """A word new to a category must not stay behind what it says of another."""
        heaviest = max(rows, key=lambda one: one.weight, default=None)
        if heaviest is not None and heaviest.weight > weight:
            label, other = _name(heaviest.label), int(heaviest.weight)
            raise WordUnfit(why="outweighed", word=word, label=label, weight=other)


def lines_of(words: Words) -> list[str]:
    """What is taught, as staff read and write it: word, class, weight."""
    return [
        f"{word} {_name(label)} {weight:g}"
        for word, row in sorted(words.items())
        for label, weight in sorted(row.items())
        if is_label(label)
    ]


def words_in(text: str, lexicon: Lexicon) -> Words:
    """What such lines teach; 0 silences what the files say. Raises WordUnfit."""
    words: dict[str, dict[str, float]] = {}
    labels = _labels()
    for line in filter(None, map(str.strip, text.splitlines())):
        word, _, rest = line.partition(" ")
        name, _, number = rest.rpartition(" ")
        label, weight = labels.get(name.strip()), _weight(number)
        if label is None or weight is None:
            raise WordUnfit(why="line", line=line)
        spelled = _checked(lexicon.spelling.normalise(word))
        if label in words.setdefault(spelled, {}):
            raise WordUnfit(why="twice", line=line)
        words[spelled][label] = weight
    return words


def _weight(number: str) -> float | None:
    try:
        weight = float(number)
    except ValueError:
        return None
    return weight if 0 <= weight <= MOST_WEIGHT else None


def _checked(word: str) -> str:
    if not SHORTEST <= len(word) <= LONGEST or any(map(str.isspace, word)):
        raise WordUnfit(why="length", word=word, least=SHORTEST, most=LONGEST)
    return word


def _labels() -> dict[str, str]:
    """The classes by what staff read, hidden ones too."""
    return {_name(label): label for label in NAMING.names if is_label(label)}


def _category(label: str) -> str:
    return label.partition(".")[0]


def _name(label: str) -> str:
    return label_of(*label.split("."))


def _class(found: Understanding) -> tuple[str, str]:
    return found.category, found.subcategory
