"""Whom a message complains about: the words of config/dispatch.toml, [accused]."""

import re
from functools import cache

from bots.understand import Understanding
from config.categories import Intent
from config.policy import load
from models.tickets.table import About

_HARMLESS = frozenset({Intent.PRAISE, Intent.WISH, Intent.ERRAND})
_OF_NO_CLASS = _HARMLESS | {Intent.ENQUIRY}


def accused(text: str, understanding: Understanding) -> About | None:
    """Somebody named with a sign of complaint, or a class that is about them by itself."""
    named = accused_by_name(text, understanding)
    if named is not None or understanding.intent in _OF_NO_CLASS:
        return named
    by_class = load("dispatch")["accused"]["categories"].get(understanding.category)
    return About(by_class) if by_class else None


def accused_by_name(text: str, understanding: Understanding) -> About | None:
    """Somebody named with a sign of complaint. A question accuses only of a deed."""
    if understanding.intent in _HARMLESS:
        return None
    kind = "deeds" if understanding.intent == Intent.ENQUIRY else "words"
    if not _signs(kind).search(text):
        return None
    named = load("dispatch")["accused"]["words"]
    found = (about for about, words in named.items() if any(word in text for word in words))
    about = next(found, None)
    return About(about) if about else None


@cache
def _signs(kind: str) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, load("dispatch")["accused"]["signs"][kind])))
