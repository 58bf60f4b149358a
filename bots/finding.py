"""Holds a question against the entries of the directory: pure, by words and by likeness."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from config.categories import Intent
from config.policy import load

Terms = Mapping[str, float]
# No word goes on over a mark or a space, though the name of an entry may have one.
_RUN = re.compile(r"[\u4e00-\u9fd5a-zA-Z0-9+#&._%-]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Candidate:
    """候选条目 — an entry as it is searched. `rank` orders equals: the lower is shown first."""

    id: int
    kind: str
    title: str
    aliases: tuple[str, ...] = ()
    text: str = ""
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """命中条目 — how much of the question an entry speaks of, from 0 to 1, by which words."""

    id: int
    fit: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """所问 — a question cut into words, and whether it asks, names or tells a matter."""

    words: tuple[str, ...]
    asks: bool
    is_name: bool  # a single word, so perhaps the name of what is looked for
    is_matter: bool


def may_ask(question: str, intent: Intent) -> bool:
    """A first look that needs no entries: it is short, and asks or is nothing but a name."""
    fit = load("directory")["fit"]
    if len(question) > fit["longest" if intent == Intent.ENQUIRY else "longest_report"]:
        return False
    return len(question) <= fit["name_alone"] or _asking().search(question) is not None


def find(question: str, shelf: "Shelf") -> tuple[Asked, list[Found]]:
    """The question as it was cut, and every entry that has to do with it, the best first.

    Nothing has to do with a matter to act on, however well its words fit.
    """
    asked = _cut(question, shelf)
    if asked.is_matter:
        return asked, []
    fits = [
        (one.rank, _fit(question, asked.words, one, _terms(one)))
        for one in shelf.near(question, asked.words)
    ]
    order = sorted(fits, key=lambda pair: (-pair[1].fit, pair[0], pair[1].id))
    return asked, [one for _, one in order if one.fit > 0]


def is_sure(asked: Asked, found: Found, kind: str, *, intent: Intent) -> bool:
    """Whether this is the answer. Words that read like a report must ask, or name it alone."""
    table = load("directory")
    fit = table["fit"]
    if intent == Intent.ENQUIRY:
        return bool(found.fit >= fit["sure"])
    return found.fit >= fit["other_intent"] and (asked.asks or _is_named(asked, kind))


def _is_named(asked: Asked, kind: str) -> bool:
    table = load("directory")
    if not asked.is_name or kind in table["by_name"]["kinds_not"]:
        return False
    name = asked.words[0]
    return len(name) >= table["by_name"]["shortest"] or name in table["kind"][kind]["words"]


def best(found: Sequence[Found]) -> list[Found]:
    """The few that answer about as well as the first."""
    fit = load("directory")["fit"]
    return [one for one in found[: fit["shown"]] if one.fit >= found[0].fit - fit["apart"]]


def _cut(question: str, shelf: "Shelf") -> Asked:
    """Cut with the words of the directory alone: few, and each of them is known."""
    asking = _words("asking")
    cut = (word for run in _RUN.findall(question) for word in _cut_run(run, shelf.beginnings))
    words = tuple(word for word in cut if word.isalnum() or word in asking)
    return Asked(
        words=words,
        asks=not asking.isdisjoint(words),
        is_name=len(words) == 1,
        is_matter=not shelf.matter.isdisjoint(words),
    )


def _cut_run(run: str, beginnings: Mapping[str, bool]) -> Iterator[str]:
    """As few words as the run can be cut into, and of as many the longest first.

    Letters and digits that are no known word stay together.
    """
    at, unknown, ends = 0, "", _ends(run, beginnings)
    while at < len(run):
        word = run[at : ends[at]]
        at = ends[at]
        if len(word) == 1 and word.isascii() and word.isalnum():
            unknown += word
            continue
        if unknown:
            yield unknown
            unknown = ""
        yield word
    if unknown:
        yield unknown


def _ends(run: str, beginnings: Mapping[str, bool]) -> list[int]:
    """Where the word at each place ends. A character stands alone only where no word begins."""
    length = len(run)
    ends, counts = [0] * length, [0] * (length + 1)
    for at in reversed(range(length)):
        fewest, best, end = length, 0, at + 1
        while end <= length and (is_word := beginnings.get(run[at:end])) is not None:
            if is_word and counts[end] <= fewest:
                fewest, best = counts[end], end
            end += 1
        ends[at] = best or at + 1
        counts[at] = counts[ends[at]] + 1
    return ends


@dataclass(frozen=True, slots=True)
class Shelf:
    """条目架 — entries made ready for many questions: which of them a word or a pair leads to."""

    candidates: tuple[Candidate, ...]
    matter: frozenset[str]  # signs of a matter that are no word for one of the entries
    beginnings: Mapping[str, bool]
    places: Mapping[str, frozenset[int]]
    kinds: Mapping[int, str]

    def near(self, question: str, words: Sequence[str]) -> list[Candidate]:
        """Those that share a word or two neighbouring characters with it; others fit nothing."""
        text = "".join(words)
        pieces = {question, *words, *(text[at : at + 2] for at in range(len(text) - 1))}
        found = {place for piece in pieces for place in self.places.get(piece, ())}
        return [self.candidates[place] for place in sorted(found)]


def shelve(candidates: Iterable[Candidate]) -> Shelf:
    candidates = tuple(candidates)
    places: dict[str, set[int]] = {}
    for place, one in enumerate(candidates):
        title, text = _plain(one.title), _plain(one.text)
        pairs = {text[at : at + 2] for text in (title, text) for at in range(len(text) - 1)}
        for piece in {title, *_terms(one), *pairs}:
            places.setdefault(piece, set()).add(place)
    words = frozenset(word for one in candidates for word in _terms(one))
    found = {piece: frozenset(some) for piece, some in places.items()}
    kinds = {one.id: one.kind for one in candidates}
    matter = _words("matter") - words
    return Shelf(candidates, matter, _beginnings(words), found, kinds)


def _beginnings(terms: Iterable[str]) -> Mapping[str, bool]:
    """Every beginning of a word by which a question is cut; whether it is a word itself."""
    table = dict(_common())
    for word in terms:
        _add(table, word)
    return table


@cache
def _common() -> Mapping[str, bool]:
    table: dict[str, bool] = {}
    for part in ("asking", "beside", "matter"):
        for word in _words(part):
            _add(table, word)
    return table


def _add(table: dict[str, bool], word: str) -> None:
    for end in range(1, len(word)):
        table.setdefault(word[:end], False)
    table[word] = True


@cache
def _words(part: str) -> frozenset[str]:
    return frozenset(load("directory")[part]["words"])


@cache
def _asking() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, _words("asking"))))


@lru_cache(4096)
def _terms(candidate: Candidate) -> Terms:
    """The words that stand for this entry, with what each is worth."""
    table = load("directory")
    fit = table["fit"]
    terms = dict.fromkeys(table["kind"][candidate.kind]["words"], fit["kind"])
    terms |= {_plain(word): fit["alias"] for word in (candidate.title, *candidate.aliases)}
    return terms


def _fit(question: str, words: Sequence[str], candidate: Candidate, terms: Terms) -> Found:
    """The share of what is asked about that the entry speaks of."""
    if question == _plain(candidate.title):
        return Found(candidate.id, 1.0, (candidate.title,))
    said = [(word, terms[word]) for word in words if word in terms]
    rests = list(_rests(words, terms))
    known = sum(len(word) * worth for word, worth in said)
    length = sum(len(word) for word, _ in said) + sum(map(len, rests))
    if length == 0:
        return Found(candidate.id, 0.0, ())
    likeness = _likeness(rests, candidate)
    share = (known + sum(worth for _, worth in likeness)) / length
    return Found(candidate.id, round(share, 3), (*(word for word, _ in said), *_pieces(likeness)))


def _rests(words: Sequence[str], terms: Terms) -> Iterator[str]:
    """What is asked about in words that are not this entry's, in runs as they stand."""
    run = ""
    for word in (*words, ""):
        is_rest = bool(word) and word not in terms
        if is_rest and word not in _words("asking") and word not in _words("beside"):
            run += word
        elif run:
            yield run
            run = ""


def _likeness(rests: Iterable[str], candidate: Candidate) -> list[tuple[str, float]]:
    """Each character that stands beside its neighbour in the entry as it does in the question."""
    fit = load("directory")["fit"]
    places = ((_plain(candidate.title), fit["title"]), (_plain(candidate.text), fit["text"]))
    found: list[tuple[str, float]] = []
    for run in rests:
        for at, character in enumerate(run):
            pairs = [run[at - 1 : at + 1] if at else "", run[at : at + 2]]
            worths = [
                worth for text, worth in places if any(len(p) == 2 and p in text for p in pairs)
            ]
            if worths:
                found.append((character, max(worths)))
    return found


def _pieces(likeness: Sequence[tuple[str, float]]) -> tuple[str, ...]:
    joined = "".join(character for character, _ in likeness)
    return (joined,) if joined else ()


@lru_cache(4096)
def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
