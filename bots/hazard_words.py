"""Reads what somebody on a round says: that something was found, and what became of it."""

import re
from functools import cache

from config.policy import load
from models.hazards.flow import HazardState

_LEAD = 8  # "刚才在楼下发现…": so many characters may stand before the word


def says_found(text: str) -> bool:
    """Whether it begins as a finding does."""
    return _pattern("found").search(text[: _LEAD + 4]) is not None


def says_nothing(text: str) -> bool:
    """ "巡完了，没发现问题": there is nothing to enter."""
    return _pattern("nothing").search(text) is not None


def state_said(text: str) -> HazardState | None:
    """What became of it; None when the words do not say."""
    if _pattern("unsolved").search(text):
        return HazardState.PASSED_UP
    return HazardState.SOLVED if _pattern("solved").search(text) else None


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    words = sorted(load("hazards")["words"][kind], key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words)))
