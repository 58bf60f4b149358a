"""Reads the word lists of `config/lexicon` into drafts that a snapshot is made of."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bots.normalise import Spelling
from bots.patterns import LexiconBroken, Rule, parse_rule
from config.categories import CATEGORIES, Intent
from config.policy import HERE

FOLDER = HERE / "lexicon"

SIGNS = ("past", "habit", "fear", "denial", "now", "before", "after", "neutral")


@dataclass
class Draft:
    """词条草稿 — everything the files say about one word."""

    children: dict[tuple[str, str], float] = field(default_factory=dict)
    concepts: list[str] = field(default_factory=list)
    urgent: float = 0.0
    intents: dict[Intent, float] = field(default_factory=dict)
    emergencies: dict[str, float] = field(default_factory=dict)
    sign: str = ""


@dataclass(frozen=True)
class WordLists:
    """词表 — the folder as read: drafts by word, rules, spelling."""

    drafts: dict[str, Draft]
    concepts: tuple[str, ...]
    rules: tuple[Rule, ...]
    spelling: Spelling


def read_word_lists(folder: Path = FOLDER) -> WordLists:
    spelling = _read_spelling(folder / "spelling.txt")
    drafts: dict[str, Draft] = defaultdict(Draft)
    for category in CATEGORIES.values():
        children = {child.key for child in category.children}
        for child, weight, word in _weighted(folder / f"{category.key}.txt", spelling):
            if child not in children:
                raise LexiconBroken(f"{category.key}.txt: no child {child!r}")
            drafts[word].children[category.key, child] = weight
    for _, weight, word in _weighted(folder / "urgency.txt", spelling):
        drafts[word].urgent = weight
    for intent, weight, word in _weighted(folder / "intents.txt", spelling):
        drafts[word].intents[Intent(intent)] = weight
    for kind, weight, word in _weighted(folder / "emergencies.txt", spelling):
        drafts[word].emergencies[kind] = weight
    for name in ("emergency_doubt.txt", "reading.txt", "neutral.txt"):
        for sign, _, word in _weighted(folder / name, spelling):
            drafts[word].sign = _known_sign(name, sign)
    concepts = []
    for name, words in _concepts(folder / "concepts.txt"):
        concepts.append(name)
        for word in words:
            drafts[spelling.normalise(word)].concepts.append(name)
    rules = tuple(parse_rule(line) for line in _lines(folder / "rules.txt"))
    return WordLists(dict(drafts), tuple(concepts), rules, spelling)


def _known_sign(name: str, sign: str) -> str:
    if sign not in SIGNS:
        raise LexiconBroken(f"{name}: no sign {sign!r}")
    return sign


def _lines(path: Path) -> Iterator[str]:
    for line in path.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def _sections(path: Path) -> Iterator[tuple[str, str]]:
    section = ""
    for line in _lines(path):
        if line.startswith("["):
            section = line.strip("[]")
        elif not section:
            raise LexiconBroken(f"{path.name}: a line before any [section]: {line!r}")
        else:
            yield section, line


def _weighted(path: Path, spelling: Spelling) -> Iterator[tuple[str, float, str]]:
    for section, line in _sections(path):
        weight, *words = line.split()
        try:
            value = float(weight)
        except ValueError:
            raise LexiconBroken(f"{path.name}: no weight before {line!r}") from None
        for word in words:
            yield section, value, spelling.normalise(word)


def _concepts(path: Path) -> Iterator[tuple[str, list[str]]]:
    for line in _lines(path):
        name, separator, words = line.partition(":")
        if not separator or not words.split():
            raise LexiconBroken(f"{path.name}: not a concept: {line!r}")
        yield name, words.split()


def _read_spelling(path: Path) -> Spelling:
    characters: dict[str, str] = {}
    words: dict[str, str] = {}
    for section, line in _sections(path):
        for pair in line.split():
            if section == "characters":
                characters[pair[0]] = pair[1]
            else:
                slip, _, meant = pair.partition("=")
                words[slip] = meant
    return Spelling(characters, words)
