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

SMALL_TALK = frozenset({Intent.CHITCHAT})

SMALL_TALK_SHARE = 0.4

SHORTEST_REPORT = 2

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


def intent_of(reading: Reading) -> Intent:
    """What the person wants, by cues; a matter without a cue is a report."""
    whole = PUNCTUATION.sub("", reading.text)
    scores: dict[Intent, float] = defaultdict(float)
    for entry in reading.values:
        for intent, weight in entry.intents:
            if intent is Intent.COMMAND:
                if entry.word == whole:
                    return intent
            elif intent not in SMALL_TALK or _fills(intent, reading, whole):
                scores[intent] += weight
    if _matter(reading) >= MATTER_FROM:
        scores.pop(Intent.CHITCHAT, None)
        scores.pop(Intent.ABUSE, None)
        scores[Intent.REPORT] += REPORT_BY_DEFAULT
    elif not scores:
        return Intent.REPORT if len(whole) > SHORTEST_REPORT else Intent.CHITCHAT
    return max(scores, key=lambda intent: scores[intent])


def _fills(intent: Intent, reading: Reading, whole: str) -> bool:
    """Small talk is small talk when there is little else in the message."""
    said = sum(hit.end - hit.start for hit in reading.hits if intent in dict(hit.entry.intents))
    return said >= SMALL_TALK_SHARE * len(whole)


def _matter(reading: Reading) -> float:
    return max((weight for e in reading.values for _, _, weight in e.children), default=0.0)
