"""Which messages somebody finds in the ledger, how many, and whom nothing reached. Queries only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    TextClause,
    and_,
    case,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from config.policy import load
from models.homes import LIVING, Home
from models.ledger.wording import kinds
from models.localtime import SHANGHAI, start_of_day
from models.outbox import IS_TROUBLED, TROUBLED, Channel, Delivery, OutboxMessage
from models.posts import Post, is_held
from models.roster import rights
from models.roster.rights import Right
from models.tickets.asked import word_in
from models.tickets.sight import Sight, sight_of
from models.tickets.table import Ticket

LONGEST_CODE = 7
ONE_DAY = timedelta(days=1)

Condition = ColumnElement[bool] | TextClause


class Group(StrEnum):
    """消息分组 — by what became of them."""

    TROUBLE = "trouble"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"
    HELD = "held"
    EXPIRED = "expired"
    GOING = "going"
    GONE = "gone"
    CANCELLED = "cancelled"


STATES: Mapping[Group, tuple[Delivery, ...]] = {
    Group.TROUBLE: TROUBLED,
    Group.IN_DOUBT: (Delivery.IN_DOUBT,),
    Group.FAILED: (Delivery.FAILED,),
    Group.HELD: (Delivery.HELD,),
    Group.EXPIRED: (Delivery.EXPIRED,),
    Group.GOING: (Delivery.QUEUED, Delivery.SENDING),
    Group.GONE: (Delivery.SENT, Delivery.CONFIRMED),
    Group.CANCELLED: (Delivery.CANCELLED,),
}
COUNTED = (Group.IN_DOUBT, Group.FAILED, Group.HELD, Group.EXPIRED)


@dataclass(frozen=True, slots=True)
class Reader:
    """查阅人 — the matters somebody sees, and the areas whose people they serve."""

    sight: Sight
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """筛选条件 — what the ledger is narrowed to; each left out narrows nothing."""

    group: Group = Group.TROUBLE
    channel: Channel | None = None
    errcode: int | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """电话名单 — somebody whom messages did not reach: the latest of them, and how many."""

    message: OutboxMessage
    number: int
    total: int  # entries of the whole list


def reader_of(session: Session, person_id: int, now: datetime) -> Reader:
    places = rights.places_of(session, Right.MESSAGES, person_id, now)
    return Reader(sight_of(session, person_id, now), places)


def wanted_of(query: Mapping[str, str]) -> Wanted:
    """A value that means nothing narrows nothing."""
    return Wanted(
        group=word_in(Group, query.get("group")) or Group.TROUBLE,
        channel=word_in(Channel, query.get("channel")),
        errcode=_code_in(query.get("errcode", "").strip()),
        day=_day_in(query.get("day", "")),
    )


def rows(
    session: Session,
    reader: Reader,
    wanted: Wanted,
    now: datetime,
    before: int | None = None,
    limit: int = 50,
) -> Sequence[OutboxMessage]:
    """The latest first; `before` goes on where a page ended."""
    found = select(OutboxMessage).where(
        *_of_group(wanted.group), *_where(reader, wanted, now), visible(reader, now)
    )
    if before is not None:
        found = found.where(OutboxMessage.id < before)
    return session.scalars(found.order_by(OutboxMessage.id.desc()).limit(limit)).all()


def count(session: Session, reader: Reader, wanted: Wanted, now: datetime, most: int) -> int:
    """How many the list has, up to `most`."""
    found = (
        select(OutboxMessage.id)
        .where(*_of_group(wanted.group), *_where(reader, wanted, now), visible(reader, now))
        .limit(most)
    )
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


def counts(session: Session, reader: Reader, wanted: Wanted, now: datetime) -> dict[Group, int]:
    """Of the groups in which something is to be done; what has left is too much to count."""
    states = session.execute(
        select(OutboxMessage.state, func.count())
        .where(IS_TROUBLED, *_where(reader, wanted, now), visible(reader, now))
        .group_by(OutboxMessage.state)
    )
    found: dict[Delivery, int] = dict(states.all())
    numbers = {group: sum(found.get(one, 0) for one in STATES[group]) for group in COUNTED}
    return {Group.TROUBLE: sum(numbers.values()), **numbers}


def calls(
    session: Session, reader: Reader, now: datetime, before: int | None = None, limit: int = 50
) -> Sequence[Call]:
    """Whom to phone. A reporter stands here once a matter and apart from what else concerns them:
    side by side the entries would tell who reported it."""
    entries = (
        select(
            func.max(OutboxMessage.id).label("id"),
            func.count().label("number"),
            func.count().over().label("total"),
        )
        .outerjoin(Ticket, Ticket.id == OutboxMessage.ticket_id)
        .where(*_unreached(reader, now))
        .group_by(OutboxMessage.person_id, side())
        .subquery()
    )
    found = select(OutboxMessage, entries.c.number, entries.c.total).join(
        entries, entries.c.id == OutboxMessage.id
    )
    if before is not None:
        found = found.where(entries.c.id < before)
    page = session.execute(found.order_by(OutboxMessage.id.desc()).limit(limit))
    return [Call(message, number, total) for message, number, total in page]


def same_call(
    session: Session, reader: Reader, message: OutboxMessage, now: datetime
) -> Sequence[OutboxMessage]:
    """Everything up to this message that stands in one entry of the call list with it."""
    of_message = (
        select(side())
        .select_from(OutboxMessage)
        .outerjoin(Ticket, Ticket.id == OutboxMessage.ticket_id)
        .where(OutboxMessage.id == message.id)
    )
    return session.scalars(
        select(OutboxMessage)
        .outerjoin(Ticket, Ticket.id == OutboxMessage.ticket_id)
        .where(
            *_unreached(reader, now),
            OutboxMessage.person_id == message.person_id,
            OutboxMessage.id <= message.id,
            side() == session.scalar(of_message),
        )
        .order_by(OutboxMessage.id)
    ).all()


def find(session: Session, reader: Reader, message_id: int, now: datetime) -> OutboxMessage | None:
    wanted = OutboxMessage.id == message_id
    return session.scalars(select(OutboxMessage).where(wanted, visible(reader, now))).first()


def side() -> ColumnElement[int]:
    """The ticket, of what is told to who reported or supports it; 0 of anything else."""
    return case((to_reporter(), OutboxMessage.ticket_id), else_=0)


def to_reporter() -> ColumnElement[bool]:
    """In a statement that joins the ticket."""
    return and_(
        OutboxMessage.ticket_id.is_not(None),
        or_(OutboxMessage.person_id == Ticket.reporter_id, _fits("matter")),
    )


def visible(reader: Reader, now: datetime) -> ColumnElement[bool]:
    """Of matters they see; else to people they serve, in words that tell of no matter."""
    matter = (
        select(Ticket.id)
        .where(Ticket.id == OutboxMessage.ticket_id, reader.sight.condition())
        .correlate(OutboxMessage)
    )
    inside = rights.inside(reader.places)
    holders = select(Post.person_id).where(Post.area_id.in_(inside), is_held(now))
    residents = select(Home.person_id).where(Home.area_id.in_(inside), Home.state.in_(LIVING))
    to_staff = and_(_fits("staff", "all"), OutboxMessage.person_id.in_(holders))
    to_residents = and_(_fits("all"), OutboxMessage.person_id.in_(residents))
    to_many = OutboxMessage.audience.is_not(None) if reader.sight.sees_unplaced else false()
    return or_(
        and_(_fits("matter", "work"), matter.exists()),
        and_(OutboxMessage.ticket_id.is_(None), or_(to_staff, to_residents, to_many)),
    )


def _fits(*to: str) -> ColumnElement[bool]:
    template = OutboxMessage.template
    chosen = [one for one in kinds() if one.to in to]
    names = [name for one in chosen for name in one.names]
    begins = [
        template.startswith(prefix, autoescape=True) for one in chosen for prefix in one.prefixes
    ]
    return or_(template.in_(names) if names else false(), *begins)


def _of_group(group: Group) -> Iterator[Condition]:
    if set(STATES[group]) <= set(TROUBLED):
        yield IS_TROUBLED  # its index serves no state that comes as a parameter
    if group is not Group.TROUBLE:
        yield OutboxMessage.state.in_(STATES[group])


def _where(reader: Reader, wanted: Wanted, now: datetime) -> Iterator[ColumnElement[bool]]:
    if wanted.day is None:
        yield OutboxMessage.created_at >= start_of_day(now) - load("ledger")["days"] * ONE_DAY
    else:
        since = datetime.combine(wanted.day, time(), SHANGHAI)
        yield OutboxMessage.created_at >= since
        yield OutboxMessage.created_at < since + ONE_DAY
    if wanted.channel is not None:
        yield OutboxMessage.channel == wanted.channel
    if wanted.errcode is not None:
        noted = OutboxMessage.reason.startswith(f"{wanted.errcode} ")
        yield or_(OutboxMessage.errcode == wanted.errcode, noted)


def _unreached(reader: Reader, now: datetime) -> Iterator[Condition]:
    yield IS_TROUBLED
    yield OutboxMessage.created_at >= start_of_day(now) - load("ledger")["call_days"] * ONE_DAY
    yield OutboxMessage.person_id.is_not(None)
    yield visible(reader, now)


def _code_in(text: str) -> int | None:
    digits = text.removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and len(digits) < LONGEST_CODE
    return int(text) if is_number else None


def _day_in(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
