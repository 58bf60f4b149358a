"""Which requests a client of Open311 asks for, found without reading what it did not ask for.

Open ones are few. Of the closed ones an index of their own keeps the latest first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, exists, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from models.open311 import public
from models.open311.public import PublicRequest
from models.places import inner_areas
from models.ticket_flow import OPEN
from models.tickets.table import IS_OPEN, IS_PUBLIC_CLOSED, Ticket

SECOND = timedelta(seconds=1)  # what a client is shown of a moment, and gives back, ends with it
Place = tuple[datetime, int]
LATEST = Ticket.opened_at.desc(), Ticket.id.desc()
_MERGED = aliased(Ticket)


@dataclass(frozen=True, slots=True)
class Asked:
    """查询条件 — which requests a client wants; an empty one leaves nothing out."""

    ids: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    is_open: bool | None = None
    after: Place | None = None  # where the last list of the same ended
    page: int = 1
    rows: int = 1000


def found(session: Session, asked: Asked) -> list[PublicRequest]:
    """The latest first. A number that is not public is left out, as if it did not exist."""
    if asked.ids:
        page = select(Ticket.id).where(Ticket.id.in_(asked.ids), public.is_public(session))
    else:
        page = _page(session, asked)
    tickets = session.scalars(select(Ticket).where(Ticket.id.in_(page)).order_by(*LATEST)).all()
    return public.shown(session, tickets[: asked.rows])


def one(session: Session, ticket_id: int) -> PublicRequest | None:
    return next(iter(found(session, Asked(ids=(ticket_id,), rows=1))), None)


def place_of(request: PublicRequest) -> Place:
    """Of one that was found, in the order of the list."""
    return request.ticket.opened_at, request.ticket.id


def count(session: Session, area_id: int | None, since: datetime) -> int:
    """How many anybody may read of this area, or of all, that were opened since."""
    where = [public.is_read(session), *_wanted(Asked(since=since))]
    if area_id is not None:
        where.append(Ticket.area_id.in_(inner_areas(area_id)))
    roads = (select(func.count()).where(*road, *where) for road in _roads(None))
    return sum(session.scalar(one) or 0 for one in roads)


def _page(session: Session, asked: Asked) -> Select[Any]:
    """By each road as many as are looked at; of these the page."""
    before = (asked.page - 1) * asked.rows
    wanted = [public.is_read(session), *_wanted(asked)]
    looked_at = [
        select(Ticket.id, Ticket.opened_at)
        .where(*road, *wanted)
        .order_by(*LATEST)
        .limit(before + asked.rows)
        .subquery()
        for road in _roads(asked.is_open)
    ]
    all_of_them = union_all(*map(select, looked_at)).subquery()
    at, number = all_of_them.c.opened_at, all_of_them.c.id
    return select(number).order_by(at.desc(), number.desc()).limit(asked.rows).offset(before)


def _roads(is_open: bool | None) -> Iterator[Sequence[ColumnElement[bool] | TextClause]]:
    """One that was merged is as far as what it was merged into."""
    if is_open is not False:
        yield IS_OPEN, *public.betrays_nobody(Ticket)
    if is_open:
        mains = select(Ticket.id).where(IS_OPEN)
        merged = select(_MERGED.id).where(_MERGED.merged_into.in_(mains))
        yield Ticket.id.in_(merged), *public.betrays_nobody(Ticket)
    elif is_open is None:
        yield (IS_PUBLIC_CLOSED,)
    else:
        main = aliased(Ticket)
        is_main_open = exists().where(main.id == Ticket.merged_into, main.state.in_(OPEN))
        yield IS_PUBLIC_CLOSED, or_(Ticket.merged_into.is_(None), ~is_main_open)


def _wanted(asked: Asked) -> Iterator[ColumnElement[bool]]:
    """By when it was opened, or opened again: the index has them in that order."""
    if asked.classes:
        yield Ticket.category.in_(asked.classes)
    if asked.since is not None:
        yield Ticket.opened_at >= asked.since
    if asked.until is not None:
        yield Ticket.opened_at < asked.until + SECOND
    if asked.after is not None:
        at, number = asked.after
        yield Ticket.opened_at <= at
        yield or_(Ticket.opened_at < at, Ticket.id < number)
