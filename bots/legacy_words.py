"""Reads what is said about a legacy problem: which step, on which day, of which milestone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from bots import moments_in_text
from config.policy import load
from models.legacy.flow import LegacyAction

_ENDS = " ,，、。;；:：."
_FIRST = re.compile(r"第?\s*(\d{1,2})\s*(?:个|号)?(?![\d月日号点:/-])\s*")


@dataclass(frozen=True, slots=True)
class Dated:
    """有日子的话 — a day and what is left without it."""

    day: date | None
    text: str


def step(text: str) -> tuple[LegacyAction | None, str]:
    """ "节点 6月30日 完成勘察" → SCHEDULE, "6月30日 完成勘察"."""
    found = _pattern().match(text)
    if found is None:
        return None, text
    return _words()[found["word"]], text[found.end() :].strip(_ENDS)


def dated(text: str, now: datetime) -> Dated:
    when = moments_in_text.read(text, now)
    return Dated(when.day, " ".join(when.rest.split()).strip(_ENDS))


def place_and_rest(text: str) -> tuple[int | None, str]:
    """ "2 7月15日 等招标" → 2, "7月15日 等招标"; a day is no place in a list."""
    found = _FIRST.match(text)
    if found is None:
        return None, text
    return int(found[1]), text[found.end() :].strip(_ENDS)


@cache
def _pattern() -> re.Pattern[str]:
    words = "|".join(map(re.escape, sorted(_words(), key=len, reverse=True)))
    return re.compile(rf"(?P<word>{words})(?:[\s,，、。;；:：]+|$|(?=\d))")


@cache
def _words() -> Mapping[str, LegacyAction]:
    meant = {
        "note": LegacyAction.NOTE,
        "plan": LegacyAction.PLAN,
        "milestone": LegacyAction.SCHEDULE,
        "reach": LegacyAction.REACH,
        "postpone": LegacyAction.POSTPONE,
        "force": LegacyAction.JOIN,
        "link": LegacyAction.LINK,
        "end": LegacyAction.END,
    }
    return {word: meant[key] for key, words in load("legacy")["words"].items() for word in words}
