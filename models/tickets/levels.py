"""四个一: which of the four levels a ticket lies on, and how far it has gone up."""

from collections.abc import Mapping, Sequence
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models.events import Event
from models.ticket_flow import EVENTS, Action, Level
from models.tickets.table import Ticket

_ORDER = tuple(Level)
_GOES_UP_BY = (EVENTS[Action.ESCALATE], EVENTS[Action.REOPEN], EVENTS[Action.SEND_BACK])


@cache
def level_of(role: str) -> Level:
    """The level this post stands for; whoever is not named in the table serves the estate."""
    table: Mapping[str, Sequence[str]] = load("dispatch")["levels"]
    return next((Level(level) for level, roles in table.items() if role in roles), Level.ESTATE)


def highest(*levels: Level) -> Level:
    return max(levels, key=_ORDER.index)


def raised(session: Session, ticket: Ticket) -> Level:
    """The level it has gone up to; the estate's while the table alone says where it lies."""
    if ticket.level == Level.ESTATE:
        return Level.ESTATE
    details = session.scalars(
        select(Event.detail).where(
            Event.subject_kind == "ticket",
            Event.subject_id == ticket.id,
            Event.verb.in_(_GOES_UP_BY),
        )
    )
    reached = [Level(detail["to_level"]) for detail in details if "to_level" in detail]
    # A step up that was undone is still in the log, but the ticket is back below it.
    return min(ticket.level, highest(Level.ESTATE, *reached), key=_ORDER.index)
