"""Rules over concepts: which words, said near each other, mean what."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

DEFAULT_REACH = 18

URGENT = "urgent"

EMERGENCY = "emergency"

LINE = re.compile(r"(?P<parts>[^>]+?)\s*->\s*(?P<head>[a-z_.]+)\s+(?P<weight>-?\d+(?:\.\d+)?)$")


class LexiconBroken(ValueError):
    """词库有误 — a line of the lexicon that can not be read, with file and line."""


@dataclass(frozen=True, eq=False)
class Rule:
    """共现规则 — concepts that together, within reach, speak for a head."""

    name: str
    needs: tuple[str, ...]
    unless: tuple[str, ...]
    reach: int
    head: str
    weight: float
    owner: str
    child: str


class Span(Protocol):
    """片段 — where a concept was said."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


class Match(NamedTuple):
    """命中 — a rule, the bits of what it needs, and from where to where it was fulfilled."""

    rule: Rule
    mask: int
    start: int
    end: int


def parse_rule(line: str) -> Rule:
    found = LINE.match(line)
    if not found:
        raise LexiconBroken(f"not a rule: {line!r}")
    parts = found["parts"].split()
    reach = next((int(part[1:]) for part in parts if part.startswith("~")), DEFAULT_REACH)
    needs = tuple(part for part in parts if part[0] not in "~!")
    unless = tuple(part[1:] for part in parts if part.startswith("!"))
    if len(needs) < 2:
        raise LexiconBroken(f"a rule needs two concepts: {line!r}")
    head = found["head"]
    owner, _, child = head.partition(".")
    name, weight = "+".join(needs), float(found["weight"])
    return Rule(name, needs, unless, reach, head, weight, owner, child)


class RuleBook:
    """规则表 — all rules, kept by their first concept so that most are never looked at."""

    def __init__(self, rules: Sequence[Rule], bits: Mapping[str, int]) -> None:
        for rule in rules:
            for concept in (*rule.needs, *rule.unless):
                if concept not in bits:
                    raise LexiconBroken(f"rule {rule.name} names no such concept: {concept}")
        self.rules = tuple(rules)
        self._starting: dict[str, list[tuple[int, Rule]]] = defaultdict(list)
        for rule in rules:
            mask = sum(bits[concept] for concept in set(rule.needs))
            self._starting[rule.needs[0]].append((mask, rule))

    def matches(self, seen: int, said: Mapping[str, Sequence[Span]]) -> Iterator[Match]:
        """Rules fulfilled by what was said; `seen` is the union of the concepts' bits."""
        for concept in said:
            for mask, rule in self._starting.get(concept, ()):
                if mask & seen == mask and (spans := _closest(rule, said)):
                    first = min([span.start for span in spans])
                    yield Match(rule, mask, first, max([span.end for span in spans]))


def _closest(rule: Rule, said: Mapping[str, Sequence[Span]]) -> Sequence[Span] | None:
    """The first spans that stand within the rule's reach, each concept by words of its own."""
    for first in said[rule.needs[0]]:
        spans = [first]
        for concept in rule.needs[1:]:
            span = _near(first, said[concept], rule.reach, spans)
            if span is None:
                break
            spans.append(span)
        else:
            if not any(_near(first, said.get(c, ()), rule.reach, ()) for c in rule.unless):
                return spans
    return None


def _near(first: Span, spans: Sequence[Span], reach: int, taken: Sequence[Span]) -> Span | None:
    begin, end = first.start, first.end
    for span in spans:
        gap = span.start - end if span.start >= begin else begin - span.end
        if gap <= reach and not _is_taken(span, taken):
            return span
    return None


def _is_taken(span: Span, taken: Sequence[Span]) -> bool:
    """The same words can not be two concepts of one rule, unless one long word names both."""
    return span in taken and span.end - span.start < 3
