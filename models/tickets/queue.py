"""The queue of a desk: which tickets it lists, in pages, and how many there are. Queries only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from config.categories import Urgency
from models import localtime
from models.people import Person
from models.places import inner_areas
from models.posts import Post
from models.ticket_flow import ENDED, OPEN, WAITING, WORKING, State
from models.tickets.sight import Sight
from models.tickets.table import IS_OPEN, Ticket
from models.whistles.flow import WhistleState
from models.whistles.table import Whistle

PAGE = 30


class Group(StrEnum):
    """分组 — where tickets stand, as a desk sorts them."""

    OPEN = "open"
    WAITING = "waiting"
    WORKING = "working"
    SUSPENDED = "suspended"
    RESOLVED = "resolved"
    ENDED = "ended"


STATES: Mapping[Group, frozenset[State]] = {
    Group.OPEN: OPEN,
    Group.WAITING: WAITING,
    Group.WORKING: WORKING,
    Group.SUSPENDED: frozenset({State.SUSPENDED}),
    Group.RESOLVED: frozenset({State.RESOLVED}),
    Group.ENDED: ENDED,
}


class Due(StrEnum):
    """期限 — how near its deadline a matter is; what is suspended is late for nothing."""

    OVERDUE = "overdue"
    TODAY = "today"


class Owner(StrEnum):
    """负责人 — mine, or nobody's."""

    ME = "me"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Conditions:
    """筛选条件 — what a list of tickets is narrowed to; each left out narrows nothing."""

    group: Group = Group.OPEN
    category: str | None = None
    area_id: int | None = None
    urgency: Urgency | None = None
    due: Due | None = None
    owner: Owner | None = None
    is_returned: bool = False
    is_whistled: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """一行 — a ticket of the list with who has it."""

    ticket: Ticket
    owner_role: str | None
    owner_department: str | None
    owner_name: str | None


Cursor = tuple[datetime | None, int]
"""Where a page ended: the deadline (of lists that go by it) and the number."""


def rows(
    session: Session,
    sight: Sight,
    wanted: Conditions,
    now: datetime,
    after: Cursor | None = None,
    limit: int = PAGE,
) -> Sequence[Row]:
    """What is open by its deadline, what is over by its number, the latest first."""
    query = (
        select(Ticket, Post.role, Post.department, Person.name)
        .outerjoin(Post, Post.id == Ticket.owner_post_id)
        .outerjoin(Person, Person.id == Ticket.owner_id)
        .where(*_where(sight, wanted, now))
        .limit(limit)
    )
    if goes_by_deadline(wanted):
        query = query.order_by(Ticket.resolve_due_at, Ticket.id)
        if after is not None:
            query = query.where(tuple_(Ticket.resolve_due_at, Ticket.id) > tuple_(*after))
    else:
        query = query.order_by(Ticket.id.desc())
        if after is not None:
            query = query.where(Ticket.id < after[1])
    return [Row(*row) for row in session.execute(query)]


def rows_by_number(
    session: Session,
    sight: Sight,
    wanted: Conditions,
    now: datetime,
    before: int | None,
    limit: int,
) -> Sequence[Row]:
    """The same list, the latest first: in an order that stays while deadlines move."""
    query = (
        select(Ticket, Post.role, Post.department, Person.name)
        .outerjoin(Post, Post.id == Ticket.owner_post_id)
        .outerjoin(Person, Person.id == Ticket.owner_id)
        .where(*_where(sight, wanted, now))
        .order_by(Ticket.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Ticket.id < before)
    return [Row(*row) for row in session.execute(query)]


def goes_by_deadline(wanted: Conditions) -> bool:
    return STATES[wanted.group] <= OPEN


def cursor_of(row: Row, wanted: Conditions) -> Cursor:
    return (row.ticket.resolve_due_at if goes_by_deadline(wanted) else None), row.ticket.id


def count(session: Session, sight: Sight, wanted: Conditions, now: datetime) -> int:
    """As many as all pages of the list have rows."""
    return session.scalar(select(func.count(Ticket.id)).where(*_where(sight, wanted, now))) or 0


def open_counts(
    session: Session, sight: Sight, lists: Mapping[str, Conditions], now: datetime
) -> dict[str, int]:
    """How many each of several lists of open tickets has, in one look."""
    counted = [
        func.count().filter(and_(*_narrowing(sight, wanted, now))) for wanted in lists.values()
    ]
    row = session.execute(
        select(*counted).select_from(Ticket).where(IS_OPEN, sight.condition())
    ).one()
    return dict(zip(lists, row, strict=True))


def _where(sight: Sight, wanted: Conditions, now: datetime) -> Iterator[ColumnElement[bool]]:
    if goes_by_deadline(wanted):
        yield IS_OPEN  # type: ignore[misc]  # the very words of the partial indexes
    yield sight.condition()
    yield from _narrowing(sight, wanted, now)


def _narrowing(sight: Sight, wanted: Conditions, now: datetime) -> Iterator[ColumnElement[bool]]:
    yield Ticket.state.in_(sorted(STATES[wanted.group]))
    if wanted.category:
        yield Ticket.category == wanted.category
    if wanted.area_id is not None:
        yield Ticket.area_id.in_(inner_areas(wanted.area_id))
    if wanted.urgency:
        yield Ticket.urgency == wanted.urgency
    if wanted.due:
        yield from _due(wanted.due, now)
    if wanted.owner == Owner.ME:
        yield Ticket.owner_id == sight.person_id
    elif wanted.owner == Owner.NOBODY:
        yield Ticket.owner_id.is_(None)
    if wanted.is_returned:
        yield Ticket.returns > 0
    if wanted.is_whistled:
        yield _whistled()
    if wanted.words:
        yield _says(wanted.words)


def _due(due: Due, now: datetime) -> Iterator[ColumnElement[bool]]:
    yield Ticket.state.in_(sorted(OPEN - {State.SUSPENDED}))
    if due == Due.OVERDUE:
        yield Ticket.resolve_due_at <= now
    else:
        yield Ticket.resolve_due_at > now
        yield Ticket.resolve_due_at < localtime.end_of_day(now)


def _whistled() -> ColumnElement[bool]:
    return (
        select(Whistle.id)
        .where(Whistle.ticket_id == Ticket.id, Whistle.state == WhistleState.SOUNDED)
        .exists()
    )


def _says(words: str) -> ColumnElement[bool]:
    """A number is a ticket's; other words stand in what was said or where it is."""
    number = words.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 10:
        return Ticket.id == int(number)
    columns = (Ticket.text, Ticket.place_name, Ticket.spot)
    return or_(*(column.contains(words, autoescape=True) for column in columns))
