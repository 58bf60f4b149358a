"""One action under way, as `apply()` hands it to its effect."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.ticket_flow import Capacity, State
from models.tickets.table import Ticket


@dataclass(frozen=True, slots=True)
class Actor:
    """经办人 — who acts. No person: the clock."""

    person_id: int | None

    @property
    def is_clock(self) -> bool:
        return self.person_id is None


CLOCK = Actor(None)


@dataclass(slots=True)
class Step:
    """One action under way: what was given with it and what it adds to the event."""

    session: Session
    ticket: Ticket
    actor: Actor
    capacity: Capacity
    old: State
    at: datetime
    reason: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)
    parties: dict[str, list[int]] = field(default_factory=dict)
    verb: str | None = None  # where what came of it is another thing than the action's own
