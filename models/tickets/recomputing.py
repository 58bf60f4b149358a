"""After a change of the calendar: deadlines of open matters, computed anew from their facts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from config.categories import Urgency
from models import events
from models.events import Fact
from models.places import inner_areas, root_area_id
from models.tickets import clock
from models.tickets.table import IS_OPEN, Ticket

MOVED = "ticket_deadlines_moved"


def counted_there(session: Session, area_id: int, after: int, limit: int) -> Sequence[Ticket]:
    """Open matters whose time is counted in working time of this area, by number."""
    there: ColumnElement[bool] = Ticket.area_id.in_(inner_areas(area_id))
    if area_id == root_area_id(session):
        there = or_(there, Ticket.area_id.is_(None))
    return session.scalars(
        select(Ticket)
        .where(IS_OPEN, Ticket.id > after, Ticket.urgency != Urgency.EMERGENCY, there)
        .order_by(Ticket.id)
        .limit(limit)
    ).all()


def is_moved(ticket: Ticket) -> bool:
    """Whether the calendar of its place makes other deadlines of it than it has."""
    return clock.moments(ticket) != _kept(ticket)


def recompute(session: Session, ticket: Ticket, revision: int, now: datetime) -> bool:
    """Takes the deadlines that the calendar makes now; the log tells which ones moved and why."""
    if not ticket.is_open:
        return False
    before = _kept(ticket)
    clock.set_deadlines(ticket, now)
    after = _kept(ticket)
    if after == before:
        return False
    names = ("accept_due", "resolve_due", "level_due")
    moved = {
        name: [old and old.isoformat(), new and new.isoformat()]
        for name, old, new in zip(names, before, after, strict=True)
        if old != new
    }
    events.record(
        session,
        Fact(
            verb=MOVED,
            subject_kind="ticket",
            subject_id=ticket.id,
            at=now,
            account=ticket.account,
            capacity="clock",
            area_id=ticket.area_id,
            detail={"policy": revision, **moved},
        ),
    )
    return True


def _kept(ticket: Ticket) -> tuple[datetime, datetime, datetime | None]:
    return ticket.accept_due_at, ticket.resolve_due_at, ticket.level_due_at
