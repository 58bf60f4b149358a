"""Cues beside the matter: what a person wants, and whether a life is in danger now."""

import re
from collections import defaultdict

from bots.classifier import Reading
from bots.lexicon import Hit
from config.categories import Intent

SENTENCE_END = re.compile(r"[。！？!?；;\n]")

EMERGENCY_FROM = 5.0

LONG_TEXT = 150

FEAR_BEFORE, FEAR_AFTER, HABIT_REACH = 10, 6, 8

REPORT_BY_DEFAULT = 2.5

MATTER_FROM = 3.0

CHAT_LENGTH = 16

PUNCTUATION = re.compile(r"[\W_]+")


def emergency_kind(reading: Reading) -> str | None:
    """The kind of danger to life that is there now, or None for past, feared or denied ones."""
    for hit in reading.hits:
        for kind, weight in hit.entry.emergencies:
            if weight >= EMERGENCY_FROM and _is_now(hit, reading):
                return kind
    return None


def _is_now(hit: Hit, reading: Reading) -> bool:
    first, last = _sentence(reading.text, hit.start, hit.end)
    around = [other for other in reading.hits if first <= other.start < last and other != hit]
    signs = {other.entry.sign for other in around}
    if "denial" in signs:
        return False
    now = "now" in signs
    if "past" in signs and not now:
        return False
    if any(_casts_doubt(other, hit) for other in around):
        return False
    return now or len(reading.text) <= LONG_TEXT


def _casts_doubt(other: Hit, hit: Hit) -> bool:
    sign, before, after = other.entry.sign, hit.start - other.end, other.start - hit.end
    if sign == "fear":
        return 0 <= before <= FEAR_BEFORE or 0 <= after <= FEAR_AFTER
    return sign == "habit" and (0 <= before <= HABIT_REACH or 0 <= after <= HABIT_REACH)


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    first = 0
    for match in SENTENCE_END.finditer(text):
        if match.start() < start:
            first = match.end()
        elif match.start() >= end:
            return first, match.start()
    return first, len(text)


def intent_of(reading: Reading, category: str) -> Intent:
    """What the person wants, by cues; a matter without a cue is a report."""
    scores: dict[Intent, float] = defaultdict(float)
    whole = PUNCTUATION.sub("", reading.text)
    for entry in reading.values:
        for intent, weight in entry.intents:
            if intent is not Intent.COMMAND:
                scores[intent] += weight
            elif entry.word == whole:
                return Intent.COMMAND
    has_matter = _matter(reading) >= MATTER_FROM and category != "not_estate"
    if not has_matter:
        return _without_matter(scores, whole)
    scores[Intent.REPORT] += REPORT_BY_DEFAULT
    for absent in (Intent.CHITCHAT, Intent.ABUSE):
        scores.pop(absent, None)
    return max(scores, key=lambda intent: scores[intent])


def _without_matter(scores: dict[Intent, float], whole: str) -> Intent:
    if not scores:
        return Intent.CHITCHAT if len(whole) <= 2 else Intent.REPORT
    best = max(scores, key=lambda intent: scores[intent])
    if best is Intent.CHITCHAT and len(whole) > CHAT_LENGTH:
        return Intent.REPORT
    return best


def _matter(reading: Reading) -> float:
    return max((weight for e in reading.values for _, _, weight in e.children), default=0.0)
