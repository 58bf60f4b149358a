"""The queue's conditions as an address says them, and back."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from config.categories import CATEGORIES, Urgency
from models.tickets.queue import Conditions, Cursor, Due, Group, Owner, Row, cursor_of

KEYS = ("group", "category", "area", "urgency", "due", "owner", "returned", "whistled", "q")
LONGEST_WORDS = 40
LONGEST_ID = 10
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Word = TypeVar("Word", bound=StrEnum)


def conditions_of(query: Mapping[str, str]) -> Conditions:
    """A value that means nothing narrows nothing."""
    category = query.get("category", "")
    return Conditions(
        group=_word(Group, query.get("group")) or Group.OPEN,
        category=category if category in CATEGORIES else None,
        area_id=_number(query.get("area", "")),
        urgency=_word(Urgency, query.get("urgency")),
        due=_word(Due, query.get("due")),
        owner=_word(Owner, query.get("owner")),
        is_returned=query.get("returned") == "1",
        is_whistled=query.get("whistled") == "1",
        words=query.get("q", "").strip()[:LONGEST_WORDS],
    )


def query_of(query: Mapping[str, str]) -> dict[str, str]:
    """What of an address is a condition, for links that change one of them."""
    return {key: query[key] for key in KEYS if query.get(key)}


def kept(form: Mapping[str, str]) -> dict[str, str]:
    """The same from the hidden fields of a form."""
    return query_of({key: form.get(f"query_{key}", "") for key in KEYS})


def cursor_out(row: Row, wanted: Conditions) -> str:
    due, number = cursor_of(row, wanted)
    return f"{(due - EPOCH) // MICROSECOND if due else ''}_{number}"


def cursor_in(text: str) -> Cursor | None:
    """None for an address that somebody has bent: the list begins anew."""
    due, _, number = text.partition("_")
    last = _number(number)
    if last is None or not (due == "" or (due.isascii() and due.isdigit() and len(due) < 18)):
        return None
    return (EPOCH + int(due or 0) * MICROSECOND), last


def _word(words: type[Word], text: str | None) -> Word | None:
    return words(text) if text in list(words) else None


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) < LONGEST_ID
    return int(text) if is_number else None
