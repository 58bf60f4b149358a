"""A day something is due on: reminders before and on it, and one word once it has passed.

Rows that wait for such a day keep in `clock_at` when the clock next speaks of it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from sqlalchemy import Index, select, text
from sqlalchemy.orm import Session

from models.localtime import SHANGHAI, local

MOST = 500  # rows of one round; the next brings the rest
_HAS_CLOCK = text("clock_at IS NOT NULL")


class Awaited(Protocol):
    """有期限的事 — a row that waits for a day."""

    clock_at: Any

    @property
    def due_on(self) -> date: ...


def clock_index(table: str) -> Index:
    """Finds the few rows that wait."""
    return Index(
        f"ix_{table}_clock", "clock_at", sqlite_where=_HAS_CLOCK, postgresql_where=_HAS_CLOCK
    )


def due(session: Session, table: type[Any], now: datetime) -> Sequence[int]:
    """Ids of the rows with a clock of which something is to be said."""
    return session.scalars(
        select(table.id).where(table.clock_at <= now).order_by(table.clock_at, table.id).limit(MOST)
    ).all()


def next_moment(due_on: date, rule: Mapping[str, Any], after: datetime) -> datetime | None:
    """When the clock speaks of the day next, by `before_days` and `at` of the rule; None: never."""
    return min((one for one in moments(due_on, rule) if one > after), default=None)


def ring(row: Awaited, rule: Mapping[str, Any], now: datetime) -> int | None:
    """The days left, once the clock of a row has come; it is set for the next time. Else None."""
    if row.clock_at is None or row.clock_at > now:
        return None
    row.clock_at = next_moment(row.due_on, rule, now)
    return days_left(row.due_on, now)


def moments(due_on: date, rule: Mapping[str, Any]) -> list[datetime]:
    """The reminders in order, and last the moment when the day is over."""
    days = [due_on - timedelta(days=one) for one in (*rule["before_days"], 0, -1)]
    hour = time.fromisoformat(rule["at"])
    return sorted(datetime.combine(day, hour, SHANGHAI) for day in days)


def is_past(day: date, at: datetime) -> bool:
    return day < local(at).date()


def days_left(day: date, at: datetime) -> int:
    """Below nothing once it has passed."""
    return (day - local(at).date()).days


def noon(day: date) -> str:
    """A day as the templates take it: a moment that falls on it in the neighbourhood."""
    return datetime.combine(day, time(12), SHANGHAI).isoformat()
