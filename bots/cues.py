"""Cues beside the matter: what a person wants, and whether a life is in danger now."""

import re
from collections.abc import Iterator

from bots.classifier import Reading
from bots.lexicon import Hit
from bots.patterns import EMERGENCY
from config.categories import Intent

SENTENCE_END = re.compile(r"[。！？!?；;\n]")

CLAUSE_END = re.compile(r"[。！？!?；;\n,，、 ]")

EMERGENCY_FROM = 5.0

LONG_TEXT = 150

FEAR_BEFORE, FEAR_AFTER, HABIT_REACH = 10, 6, 8

REPORT_BY_DEFAULT = 2.5

MATTER_FROM = 3.0

SMALL_TALK_SHARE = 0.4

SHORTEST_REPORT = 2

PUNCTUATION = re.compile(r"[\W_]+")


def emergency_kind(reading: Reading) -> str | None:
    """The kind of danger to life that is there now, or None for past, feared or denied ones."""
    for kind, span in _dangers(reading):
        if _is_now(span, reading):
            return kind
    return None


def _dangers(reading: Reading) -> Iterator[tuple[str, tuple[int, int]]]:
    for hit in reading.hits:
        for kind, weight in hit.entry.emergencies:
            if weight >= EMERGENCY_FROM:
                yield kind, (hit.start, hit.end)
    for match, _ in reading.matches:
        if match.rule.owner == EMERGENCY:
            yield match.rule.child, (match.start, match.end)


def _is_now(span: tuple[int, int], reading: Reading) -> bool:
    signs = _signs(SENTENCE_END, span, reading)
    if "denial" in signs:
        return False
    now = "now" in signs
    if "past" in signs and "now" not in _signs(CLAUSE_END, span, reading):
        return False
    if any(_casts_doubt(hit, span, reading.text) for hit in reading.hits):
        return False
    return now or len(reading.text) <= LONG_TEXT


def _casts_doubt(hit: Hit, span: tuple[int, int], text: str) -> bool:
    """Fear of a danger is none yet; fear of what a present danger will do takes nothing away."""
    sign, before, after = hit.entry.sign, span[0] - hit.end, hit.start - span[1]
    if sign == "fear":
        in_one_breath = not CLAUSE_END.search(text, span[1], max(hit.start, span[1]))
        return 0 <= before <= FEAR_BEFORE or (0 <= after <= FEAR_AFTER and in_one_breath)
    within = span[0] <= hit.start < span[1]
    return sign == "habit" and (within or 0 <= max(before, after) <= HABIT_REACH)


def _signs(end_of: re.Pattern[str], span: tuple[int, int], reading: Reading) -> set[str]:
    """Signs in the sentence or clause that holds the span."""
    first, last = 0, len(reading.text)
    for match in end_of.finditer(reading.text):
        if match.start() < span[0]:
            first = match.end()
        elif match.start() >= span[1]:
            last = match.start()
            break
    return {hit.entry.sign for hit in reading.hits if first <= hit.start < last}


def intent_of(reading: Reading) -> Intent:
    """What the person wants, by cues; a matter without a cue is a report."""
    scores: dict[Intent, float] = {}
    matter = 0.0
    for entry in reading.values:
        matter = max(matter, entry.matter)
        for intent, weight in entry.intents:
            if intent is Intent.COMMAND:
                if entry.word == _said(reading):
                    return intent
            elif intent is not Intent.CHITCHAT or _fills(intent, reading):
                scores[intent] = scores.get(intent, 0.0) + weight
    if matter >= MATTER_FROM:
        scores.pop(Intent.CHITCHAT, None)
        scores.pop(Intent.ABUSE, None)
        scores[Intent.REPORT] = scores.get(Intent.REPORT, 0.0) + REPORT_BY_DEFAULT
    elif not scores:
        meant = len(_said(reading)) > SHORTEST_REPORT or any(
            entry.features for entry in reading.values
        )
        return Intent.REPORT if meant else Intent.CHITCHAT
    return max(scores, key=scores.__getitem__)


def _said(reading: Reading) -> str:
    return PUNCTUATION.sub("", reading.text)


def _fills(intent: Intent, reading: Reading) -> bool:
    """Small talk is small talk when there is little else in the message."""
    said = sum(hit.end - hit.start for hit in reading.hits if intent in dict(hit.entry.intents))
    return said >= SMALL_TALK_SHARE * len(_said(reading))
