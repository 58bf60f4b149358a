"""The lexicon: words, weights and rules as one immutable snapshot."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from math import inf, log
from pathlib import Path
from typing import NamedTuple

import jieba

from bots.dictionary import load_tokenizer, uncollected
from bots.lexicon_files import FOLDER, Draft, WordLists, read_word_lists
from bots.normalise import Spelling
from bots.patterns import Rule, RuleBook
from config.categories import CATEGORIES, Intent

CLASSES = tuple(CATEGORIES)

CLASS_INDEX = {key: index for index, key in enumerate(CLASSES)}

FITTED = FOLDER / "fitted.json"

Vector = Mapping[int, float]


@dataclass(frozen=True)
class Weights:
    """权重 — what fitting adds to the weights people wrote: a table of data."""

    bias: Mapping[str, float] = field(default_factory=dict)
    changes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    temperature: float = 1.0

    @classmethod
    def load(cls, path: Path = FITTED) -> "Weights":
        if not path.exists():
            return cls()
        table = json.loads(path.read_text("utf-8"))
        return cls(table["bias"], table["changes"], table["temperature"])


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """词条 — a word and all it stands for."""

    word: str
    features: tuple[str, ...]
    vector: Vector
    children: tuple[tuple[str, str, float], ...]
    concepts: tuple[str, ...]
    mask: int
    urgent: float
    intents: tuple[tuple[Intent, float], ...]
    emergencies: tuple[tuple[str, float], ...]
    sign: str
    matter: float
    place: str | None = None


class Hit(NamedTuple):
    """命中 — an entry where it was said."""

    start: int
    end: int
    entry: Entry


NOTHING = Draft()

Known = tuple[float, Entry | None]
"""How likely a part of a text is as a word, by logarithm, and what it stands for."""


class Lexicon:
    """词库 — an immutable snapshot; places, weights and drafts over it make new ones."""

    def __init__(
        self,
        lists: WordLists,
        tokenizer: jieba.Tokenizer,
        weights: Weights,
        places: Mapping[str, str],
    ) -> None:
        self._lists = lists
        self.tokenizer = tokenizer
        self.weights = weights
        self._bits = {concept: 1 << index for index, concept in enumerate(lists.concepts)}
        self.rules = RuleBook(lists.rules, self._bits)
        self.rule_vectors = {rule: self._rule_vector(rule) for rule in lists.rules}
        self.bias = tuple(weights.bias.get(key, 0.0) for key in CLASSES)
        self._log_total = log(tokenizer.total)
        self._nameless = {word: self._entry(word, draft) for word, draft in lists.drafts.items()}
        self._name(places)

    @property
    def spelling(self) -> Spelling:
        return self._lists.spelling

    @property
    def words(self) -> Collection[str]:
        return self._lists.drafts.keys()

    def draft(self, word: str) -> Draft:
        """What the files, and whoever taught over them, say of a word."""
        return self._lists.drafts.get(word, NOTHING)

    def with_weights(self, weights: Weights) -> "Lexicon":
        return Lexicon(self._lists, self.tokenizer, weights, self.places)

    def with_places(self, names: Mapping[str, str]) -> "Lexicon":
        """The same words with these names and nicknames of estates → canonical names."""
        made = copy(self)
        made._name({self.spelling.normalise(name): place for name, place in names.items()})
        return made

    def with_drafts(self, drafts: Mapping[str, Draft]) -> "Lexicon":
        """The same with these words saying what their drafts say; each becomes a word to cut by.

        What is not touched is shared with this snapshot, so that it takes no time and no memory.
        """
        made = copy(self)
        made._lists = replace(self._lists, drafts={**self._lists.drafts, **drafts})
        changed = {
            word: made._entry(word, draft)
            for word, draft in made._lists.drafts.items()
            if word in drafts or any(part in drafts for part in _parts(word))
        }
        made._nameless = {**self._nameless, **changed}
        made._name(self.places)
        return made

    def _name(self, places: Mapping[str, str]) -> None:
        self.places = dict(places)
        named = {
            word: replace(self._nameless.get(word) or self._entry(word, NOTHING), place=place)
            for word, place in places.items()
        }
        self._entries = {**self._nameless, **named}
        self._known = self._known_words()

    def hits(self, text: str) -> list[Hit]:
        """Entries said in a normalised text, the longest at each point, none overlapping."""
        edges, said = self._walk(text)
        found, position = [], 0
        for start, end, entry in reversed(said):
            if start >= position and _stands_alone(start, end, edges):
                found.append(Hit(start, end, entry))
                position = end
        return found

    def word_edges(self, text: str) -> bytearray:
        """Where words begin in a normalised text: jieba's likeliest cut by its dictionary."""
        return self._walk(text)[0]

    def _walk(self, text: str) -> tuple[bytearray, list[tuple[int, int, Entry]]]:
        """Word edges and all entries there, in one pass: the last first, of one start the short."""
        known_of, frequency = self._known.get, self.tokenizer.FREQ.get
        log_total, length = self._log_total, len(text)
        likely = [0.0] * (length + 1)
        cuts = [0] * length
        said: list[tuple[int, int, Entry]] = []
        for start in range(length - 1, -1, -1):
            cut = start + 1
            best = likely[cut] - log_total
            for end in range(cut, length + 1):
                part = text[start:end]
                known = known_of(part)
                if known is not None:
                    score, entry = known
                    if entry is not None:
                        said.append((start, end, entry))
                elif times := frequency(part):
                    score = log(times) - log_total
                elif times is None:
                    break
                else:
                    continue
                score += likely[end]
                if score >= best:
                    best, cut = score, end
            likely[start], cuts[start] = best, cut
        return _edges(cuts), said

    def _rule_vector(self, rule: Rule) -> Vector:
        if rule.owner not in CLASS_INDEX:
            return {}
        base = {rule.owner: rule.weight}
        return _vector(base, (f"r:{rule.name}",), self.weights)

    def _known_words(self) -> dict[str, Known]:
        """Our words, what they begin with and their characters, which are most of what is said.

        Looked at first: the dictionary has half a million words, and hardly one that is looked
        for there is in the processor's caches (66 instead of 78 µs a text with cold caches).
        """
        shared, beyond = self.tokenizer.FREQ, self._frequencies_beyond()
        entry_of, log_total = self._entries.get, self._log_total
        known: dict[str, Known] = {}
        for part in {*self._entries, *beyond, *"".join(self._entries)}:
            times = shared.get(part) or beyond.get(part)
            known[part] = (log(times) - log_total if times else -inf, entry_of(part))
        return known

    def _frequencies_beyond(self) -> dict[str, int]:
        """Our words, and their beginnings, that the dictionary shared by all snapshots lacks."""
        known = self.tokenizer.FREQ
        beyond: dict[str, int] = {}
        for word in self._entries:
            if not known.get(word):
                for end in range(1, len(word)):
                    beyond.setdefault(word[:end], known.get(word[:end], 0))
                beyond[word] = self.tokenizer.suggest_freq(word) if len(word) > 1 else 0
        return beyond

    def _entry(self, word: str, draft: Draft) -> Entry:
        hides = draft.sign == "neutral"
        inner = () if hides else tuple(_inner_words(word, self._lists.drafts))
        concepts = _unique(draft.concepts or (c for part in inner for c in part.concepts))
        children = draft.children or {k: v for part in inner for k, v in part.children.items()}
        intents = draft.intents or {k: v for part in inner for k, v in part.intents.items()}
        base: dict[str, float] = {}
        for (key, _), weight in children.items():
            base[key] = max(weight, base.get(key, 0.0))
        groups = [f"g:{key}.{child}" for key, child in children]
        features = (f"w:{word}", *groups) if children or concepts else ()
        return Entry(
            word,
            features,
            _vector(base, features, self.weights),
            tuple((key, child, weight) for (key, child), weight in children.items()),
            concepts,
            sum(self._bits[concept] for concept in concepts),
            draft.urgent,
            tuple(intents.items()),
            tuple(draft.emergencies.items()),
            draft.sign,
            0.0 if Intent.CHITCHAT in intents else max(children.values(), default=0.0),
        )


def load_lexicon(cache_dir: Path | None = None, weights: Weights | None = None) -> Lexicon:
    """The shipped lexicon. With a `cache_dir` the parsed dictionary is kept there for next time."""
    with uncollected():
        lists = read_word_lists()
        tokenizer = load_tokenizer(lists.drafts, cache_dir)
        return Lexicon(lists, tokenizer, weights or Weights.load(), {})


def _vector(base: Mapping[str, float], features: Iterable[str], weights: Weights) -> Vector:
    total = dict(base)
    for feature in features:
        for key, change in weights.changes.get(feature, {}).items():
            total[key] = total.get(key, 0.0) + change
    return {CLASS_INDEX[key]: value for key, value in total.items() if value}


def _inner_words(word: str, drafts: Mapping[str, Draft]) -> Iterable[Draft]:
    """Shorter words inside a long one: what they mean, the long one means too."""
    start = 0
    while start < len(word):
        for end in range(len(word), start, -1):
            inner = word[start:end]
            if inner != word and inner in drafts and end - start > 1:
                yield drafts[inner]
                start = end - 1
                break
        start += 1


def _parts(word: str) -> Iterator[str]:
    for start in range(len(word) - 1):
        for end in range(start + 2, len(word) + 1):
            yield word[start:end]


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _stands_alone(start: int, end: int, edges: bytearray) -> bool:
    """One character must be a word; two must not straddle an edge; more speak for themselves."""
    if end - start > 2:
        return True
    if end - start == 2 and not edges[start + 1]:
        return True
    return bool(edges[start] and edges[end])


def _edges(cuts: Sequence[int]) -> bytearray:
    edges = bytearray(len(cuts) + 1)
    start, length = 0, len(cuts)
    while start < length:
        edges[start] = 1
        start = cuts[start]
    edges[length] = 1
    return edges
