"""Tickets as their events alone tell them, without a look at their rows."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import work_calendars
from models.metrics import counted
from models.metrics.counted import COUNTED, NAMES, CountedTicket
from models.past import EveryEvent
from models.places import root_area_id
from models.ticket_flow import Level, State
from models.tickets import clock, undoing
from models.tickets.table import Ticket

DISPATCHED = frozenset({"ticket_dispatched", "emergency_dispatched"})
_TYPES = {name: Ticket.__table__.c[name].type for name in NAMES}

Told = tuple[int, str, str | None, int | None, dict[str, Any], datetime]
"""Of an event: ticket, verb, new state, area, detail, moment."""


def retold(session: Session, first: int, last: int) -> Iterator[CountedTicket]:
    """The tickets of these numbers, in their order."""
    one = EveryEvent
    rows = session.execute(
        select(one.subject_id, one.verb, one.new, one.area_id, one.detail, one.at)
        .where(one.subject_kind == "ticket", one.subject_id.between(first, last))
        .order_by(one.subject_id, one.id)
    )
    for ticket_id, events in groupby(rows, key=itemgetter(0)):
        yield _ticket(session, ticket_id, map(tuple, events))


def _ticket(session: Session, ticket_id: int, events: Iterable[Told]) -> CountedTicket:
    said: dict[str, Any] = {}
    for event in events:
        said.update(_said(event))
    values = {name: undoing.typed(_TYPES[name], said[name]) for name in NAMES}
    # Never added to a session: a row of the mind, so that the house's own rules can be asked.
    ticket = Ticket(id=ticket_id, **values)
    ticket.accept_due_at = ticket.resolve_due_at = ticket.opened_at
    if ticket.is_open:
        area_id = ticket.area_id or root_area_id(session)
        due = clock.deadlines(ticket, work_calendars.terms_at(session, area_id))
        ticket.accept_due_at, ticket.resolve_due_at = due.accept_due_at, due.resolve_due_at
    return counted.of(ticket)


def _said(event: Told) -> dict[str, Any]:
    """What this event makes of what the figures count."""
    _, verb, new, area_id, detail, at = event
    if verb == "ticket_opened":
        return _opened(area_id, detail, at)
    said = detail.get(COUNTED, {})
    if verb in DISPATCHED and "owner" in detail:
        level = detail.get("level", Level.ESTATE)  # the first house's log has none
        return {"state": new, "owner_post_id": detail["owner"], "level": level, **said}
    return said  # type: ignore[no-any-return]


def _opened(area_id: int | None, detail: dict[str, Any], at: datetime) -> dict[str, Any]:
    nothing: dict[str, Any] = dict.fromkeys(NAMES)
    zeros = dict.fromkeys(("returns", "reopens", "joined_ratings", "joined_satisfied"), 0)
    return {
        **nothing,
        **zeros,
        "area_id": area_id,
        "category": detail["category"],
        "intent": detail["intent"],
        "urgency": detail["urgency"],
        "state": State.REPORTED,
        "level": Level.ESTATE,
        "opened_at": {"at": at.isoformat()},
        "pauses": [],
    }
