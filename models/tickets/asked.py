"""Which tickets a list is asked for, in the words of an address."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from config.categories import CATEGORIES, Urgency
from models.tickets.queue import Conditions, Due, Group, Owner

LONGEST_WORDS = 40
LONGEST_NUMBER = 10

Word = TypeVar("Word", bound=StrEnum)


def conditions_of(query: Mapping[str, str]) -> Conditions:
    """A value that means nothing narrows nothing."""
    category = query.get("category", "")
    return Conditions(
        group=word_in(Group, query.get("group")) or Group.OPEN,
        category=category if category in CATEGORIES else None,
        area_id=number_in(query.get("area", "")),
        urgency=word_in(Urgency, query.get("urgency")),
        due=word_in(Due, query.get("due")),
        owner=word_in(Owner, query.get("owner")),
        is_returned=query.get("returned") == "1",
        is_whistled=query.get("whistled") == "1",
        words=query.get("q", "").strip()[:LONGEST_WORDS],
    )


def word_in(words: type[Word], text: str | None) -> Word | None:
    return words(text) if text in list(words) else None


def number_in(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER
    return int(text) if is_number else None


def day_in(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
