"""Whom a message complains about: the words of config/dispatch.toml, [accused]."""

import re
from functools import cache

from bots.understand import Understanding
from config.categories import Intent
from config.policy import load
from models.tickets.table import About

_HARMLESS = frozenset({Intent.PRAISE, Intent.ENQUIRY, Intent.WISH, Intent.ERRAND})


def accused(text: str, understanding: Understanding) -> About | None:
    """Somebody named with a sign of complaint, or a class that is about them by itself."""
    if understanding.intent in _HARMLESS:
        return None
    table = load("dispatch")["accused"]
    if _signs().search(text):
        for about, words in table["words"].items():
            if any(word in text for word in words):
                return About(about)
    by_class = table["categories"].get(understanding.category)
    return About(by_class) if by_class else None


@cache
def _signs() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, load("dispatch")["accused"]["signs"]["words"])))
