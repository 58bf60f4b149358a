"""What the figures count of a ticket; its events say each change of it under COUNTED."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from config.categories import Intent
from models.localtime import local
from models.ticket_flow import OPEN, Level, Outcome, State
from models.tickets.table import Ticket

COUNTED = "counted"  # the key of an event's detail

# Written into the event whose step changed them. Both deadlines are missing: they follow from
# the rest, and of a matter that ended it is kept whether they were met.
NAMES = (
    *("area_id", "category", "intent", "urgency", "state", "level", "outcome", "owner_post_id"),
    *("reported_at", "opened_at", "pauses", "suspended_at", "suspended_until", "resolved_at"),
    *("is_answered_late", "is_resolved_late", "is_solved", "stars", "rated_at"),
    *("returns", "reopens", "joined_ratings", "joined_satisfied"),
)


@dataclass(slots=True)
class CountedTicket:
    """统计要素 — one ticket as the figures see it, from its row or from its events."""

    id: int
    area_id: int | None
    category: str
    intent: Intent
    state: State
    level: Level
    outcome: Outcome | None
    owner_post_id: int | None
    reported_at: datetime | None  # None: it was opened once, at opened_at
    opened_at: datetime
    accept_due_at: datetime
    resolve_due_at: datetime
    resolved_at: datetime | None
    is_answered_late: bool | None
    is_resolved_late: bool | None
    is_solved: bool | None
    stars: int | None
    rated_at: datetime | None
    returns: int
    reopens: int
    joined_ratings: int
    joined_satisfied: int

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def day(self) -> date:
        """The day it is counted on, for good: the one on which it was first reported."""
        return local(self.reported_at or self.opened_at).date()


COLUMNS = tuple(getattr(Ticket, one.name) for one in fields(CountedTicket))


def of(ticket: Ticket) -> CountedTicket:
    return CountedTicket(*(getattr(ticket, one.name) for one in fields(CountedTicket)))


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What a step made of that, as its event keeps it; nothing when it is none of the figures'."""
    found = {name: after[name] for name in NAMES if after[name] != before[name]}
    return {COUNTED: found} if found else {}
