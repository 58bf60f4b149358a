"""After a change of calendar or limits: deadlines of open matters, anew from their facts."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import Session

from models import events
from models.events import Fact
from models.places import inner_areas, root_area_id
from models.sla import ServiceTerms, Sort
from models.tickets import clock
from models.tickets.clock import Moments
from models.tickets.table import IS_OPEN, Ticket

MOVED = "ticket_deadlines_moved"
PAGE = 500


@dataclass(frozen=True, slots=True)
class Moving:
    """会变的期限 — an open matter with its deadlines, and those that other limits would give it."""

    ticket: Ticket
    before: Moments
    after: Moments


def counted_there(session: Session, area_id: int, after: int, limit: int) -> Sequence[Ticket]:
    """Open matters whose time is counted as this area says, by number."""
    return session.scalars(
        select(Ticket)
        .where(IS_OPEN, Ticket.id > after, _there(session, area_id))
        .order_by(Ticket.id)
        .limit(limit)
    ).all()


def moving(
    session: Session,
    where: int | None,
    terms_of: Callable[[Collection[int]], Mapping[int, ServiceTerms]],
    of: ColumnElement[bool],
) -> Iterator[Moving]:
    """What would move, `of` these, if the house (None) or an area had such terms."""
    terms: dict[int, ServiceTerms] = {}
    root = root_area_id(session)
    there = true() if where is None else _there(session, where)
    asked = select(Ticket).where(IS_OPEN, of, there).order_by(Ticket.id)
    for page in session.scalars(asked.execution_options(yield_per=PAGE)).partitions():
        placed = [(ticket, area_id) for ticket in page if (area_id := ticket.area_id or root)]
        unknown = {area_id for _, area_id in placed} - set(terms)
        terms |= terms_of(unknown) if unknown else {}
        for ticket, area_id in placed:
            after = clock.moments_under(ticket, terms[area_id])
            if after != _kept(ticket):
                yield Moving(ticket, _kept(ticket), after)


def of_sorts(sorts: Collection[Sort]) -> ColumnElement[bool]:
    of = ((Ticket.category == one) & (Ticket.urgency == urgency) for one, urgency in sorts)
    return or_(false(), *of)


def _there(session: Session, area_id: int) -> ColumnElement[bool]:
    """Where no place is known yet, the outermost area's time counts."""
    there: ColumnElement[bool] = Ticket.area_id.in_(inner_areas(area_id))
    is_all = area_id == root_area_id(session)
    return or_(there, Ticket.area_id.is_(None)) if is_all else there


def is_moved(ticket: Ticket) -> bool:
    """Whether calendar and limits of its place make other deadlines of it than it has."""
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


def _kept(ticket: Ticket) -> Moments:
    return ticket.accept_due_at, ticket.resolve_due_at, ticket.level_due_at
