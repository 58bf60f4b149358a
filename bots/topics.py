"""Hot topics: words that are said of more matters than in the days before. Pure but for the words.

Only words the dictionary knows as things or doings, or that the lexicon knows: no name of a person
or a place, and nothing so rare that it would tell who said it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import log
from typing import Any

import jieba

from bots.learning import stop_words
from bots.lexicon import Lexicon
from config.policy import load
from models.masking import masked
from models.reports.composing import Topic
from models.reports.making import Said


@dataclass(frozen=True, slots=True)
class Heard:
    """词频 — in which matters and by how many people each word was said."""

    matters: int
    tickets: Mapping[str, Sequence[int]]
    reporters: Mapping[str, int]


def rising(said: Iterable[Said], said_before: Iterable[Said], lexicon: Lexicon) -> list[Topic]:
    """The strongest first."""
    rules = load("reports")["topics"]
    now, before = hear(said, lexicon), hear(said_before, lexicon)
    strengths = {
        word: strength(len(tickets), now.matters, len(before.tickets.get(word, ())), before.matters)
        for word, tickets in now.tickets.items()
        if len(tickets) >= rules["fewest_matters"]
        and now.reporters[word] >= rules["fewest_reporters"]
    }
    ranked = sorted(strengths, key=lambda word: (-strengths[word], -len(word), word))
    chosen: list[Topic] = []
    for word in ranked:
        one = Topic(word, now.tickets[word], len(before.tickets.get(word, ())))
        is_new = not any(_is_same(one, other, rules["same_matters"]) for other in chosen)
        if strengths[word] > 0 and is_new and len(chosen) < rules["most"]:
            chosen.append(one)
    return chosen


def hear(said: Iterable[Said], lexicon: Lexicon) -> Heard:
    matters = 0
    tickets: dict[str, list[int]] = {}
    reporters: dict[str, set[int]] = {}
    for one in said:
        matters += 1
        for word in words_of(one.text, lexicon):
            tickets.setdefault(word, []).append(one.ticket_id)
            reporters.setdefault(word, set()).add(one.reporter_id)
    return Heard(matters, tickets, {word: len(whom) for word, whom in reporters.items()})


def words_of(text: str, lexicon: Lexicon) -> set[str]:
    """The words of a text that can be a topic."""
    return {word for word in cut(text, lexicon) if _can_be_topic(word, lexicon)}


def cut(text: str, lexicon: Lexicon) -> list[str]:
    """What a text says, masked, in words as jieba's dictionary and ours cut it."""
    plain = lexicon.spelling.normalise(masked(text))
    edges = lexicon.word_edges(plain)
    starts = [*(at for at in range(len(plain)) if edges[at]), len(plain)]
    return [plain[start:end] for start, end in pairwise(starts)]


def strength(now: int, of_now: int, before: int, of_before: int) -> float:
    """How surely a word is said of a greater share than before (Dunning's log-likelihood, below
    zero for what is said of less). Without days before, how often it is said."""
    if not of_before:
        return float(now)
    share = (now + before) / (of_now + of_before)
    expected_now, expected_before = share * of_now, share * of_before
    found = 2 * (_part(now, expected_now) + _part(before, expected_before))
    return found if now / of_now > before / of_before else -found


def _part(seen: int, expected: float) -> float:
    return seen * log(seen / expected) if seen else 0.0


def _is_same(one: Topic, other: Topic, share: float) -> bool:
    """Two words of one thing: 充电 and 充电桩."""
    shared = len(set(one.tickets) & set(other.tickets))
    return shared >= share * min(len(one.tickets), len(other.tickets))


def _can_be_topic(word: str, lexicon: Lexicon) -> bool:
    if len(word) < load("reports")["topics"]["shortest"] or not _is_chinese(word):
        return False
    if word in _stop_words() or word in lexicon.places:
        return False
    return word in _topical() or bool(lexicon.draft(word).children)


def _is_chinese(word: str) -> bool:
    return all("一" <= sign <= "鿿" for sign in word)


@cache
def _stop_words() -> frozenset[str]:
    """Those that learning proposes none of, and the words of every second report."""
    _, words = stop_words()
    return words | frozenset(load("reports")["topics"]["said_of_everything"])


@cache
def _topical() -> frozenset[str]:
    """Words of the dictionary whose part of speech can be a topic."""
    kinds: Collection[Any] = frozenset(load("reports")["topics"]["kinds"])
    with jieba.get_dict_file() as lines:
        rows = (line.decode().strip().split(" ") for line in lines)
        return frozenset(word for word, _, kind in rows if kind in kinds)
