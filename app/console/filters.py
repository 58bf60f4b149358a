"""The queue's conditions as an address says them, and back."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from models.tickets.asked import number_in
from models.tickets.queue import Conditions, Cursor, Row, cursor_of

KEYS = ("group", "category", "area", "urgency", "due", "owner", "returned", "whistled", "q")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


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
    last = number_in(number)
    if last is None or not (due == "" or (due.isascii() and due.isdigit() and len(due) < 18)):
        return None
    return (EPOCH + int(due or 0) * MICROSECOND), last
