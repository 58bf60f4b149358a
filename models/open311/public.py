"""Which tickets anybody may read by Open311, and what of them: never who reported or is accused."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from config.categories import Intent, Urgency
from config.policy import load
from models import policies
from models.people import Person
from models.places import Area, AreaKind, AreaWithin, inner_areas
from models.posts import Post, Role
from models.ticket_flow import OPEN, State
from models.tickets.table import Ticket

POLICY = "open311"
READING, OFF = "reading", "off"
MATTERS = (Intent.REPORT, Intent.HAZARD)
NAMED_KINDS = (AreaKind.COMMUNITY, AreaKind.ESTATE, AreaKind.COURTYARD, AreaKind.BUILDING)
NOWHERE = (State.WITHDRAWN,)


@dataclass(frozen=True, slots=True)
class Asked:
    """查询条件 — which requests a client wants; an empty one leaves nothing out."""

    ids: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    is_open: bool | None = None
    page: int = 1
    rows: int = 1000


@dataclass(frozen=True, slots=True)
class PublicRequest:
    """公开工单 — a ticket as anybody may read it; its words are masked by whoever shows them."""

    ticket: Ticket
    standing: Ticket  # what it was merged into, else itself: how far the matter is
    address_id: int
    address: tuple[str, ...]  # from the building outwards
    responsible: Role | None
    department: str | None
    names: frozenset[str] = field(default_factory=frozenset)  # that stand in no public text

    @property
    def is_open(self) -> bool:
        return self.standing.state in OPEN

    @property
    def requested_at(self) -> datetime:
        return self.ticket.reported_at or self.ticket.opened_at

    @property
    def updated_at(self) -> datetime:
        """Of a closed one, when it was closed."""
        one = self.standing
        if not self.is_open:
            return one.resolved_at or one.ended_at or one.opened_at
        moments = (one.opened_at, one.accepted_at, one.suspended_at)
        return max(moment for moment in moments if moment is not None)


def is_open_class(category: str, subcategory: str | None) -> bool:
    """Whether matters of this class may be public at all: config/open311.toml."""
    rules = load(POLICY)
    return category in rules["open"] and f"{category}.{subcategory}" not in rules["closed_children"]


def found(session: Session, asked: Asked) -> Sequence[PublicRequest]:
    """The latest first. A number that is not public is left out, as if it did not exist."""
    page = (
        select(Ticket.id)
        .where(*_wanted(asked), is_public(session))
        .order_by(Ticket.id.desc())
        .limit(asked.rows)
        .offset((asked.page - 1) * asked.rows)
    )
    tickets = session.scalars(
        select(Ticket).where(Ticket.id.in_(page)).order_by(Ticket.id.desc())
    ).all()
    return _shown(session, tickets)


def one(session: Session, ticket_id: int) -> PublicRequest | None:
    return next(iter(found(session, Asked(ids=(ticket_id,), rows=1))), None)


def count(session: Session, area_id: int | None) -> int:
    """How many anybody may read of this area, or of all; over any time."""
    where = [is_public(session)]
    if area_id is not None:
        where.append(Ticket.area_id.in_(inner_areas(area_id)))
    return session.scalar(select(func.count(Ticket.id)).where(*where)) or 0


def is_public(session: Session) -> ColumnElement[bool]:
    """A merged one is, if what it was merged into is, too: that tells how far it got."""
    unread = switched_off(session)
    main = aliased(Ticket)
    into = select(main.id).where(main.merged_into.is_(None), *_public(main, unread))
    return and_(
        *_public(Ticket, unread), or_(Ticket.merged_into.is_(None), Ticket.merged_into.in_(into))
    )


def switched_off(session: Session) -> frozenset[int | None]:
    """The areas whose matters are not read from outside; None: those of the whole house."""
    said = policies.in_force(session, POLICY)
    return frozenset(one.area_id for one in said if one.body.get(READING) == OFF)


def _public(ticket: Any, unread: frozenset[int | None]) -> Iterator[ColumnElement[bool]]:
    category: InstrumentedAttribute[str] = ticket.category
    yield category.in_(list(load(POLICY)["open"]))
    for parent, children in _closed_children().items():
        yield or_(
            category != parent,
            ticket.subcategory.is_(None),
            ticket.subcategory.not_in(children),
        )
    yield ticket.about.is_(None)
    yield ~ticket.hides_reporter
    yield ticket.urgency != Urgency.EMERGENCY
    yield ticket.intent.in_(MATTERS)
    yield ticket.area_id.is_not(None)
    yield ticket.state.not_in(NOWHERE)
    if None in unread:
        yield ticket.id.is_(None)
    elif unread:
        inside = AreaWithin.area_id == ticket.area_id, AreaWithin.outer_id.in_(unread)
        yield ~exists().where(*inside)


@cache
def _closed_children() -> dict[str, list[str]]:
    closed: dict[str, list[str]] = {}
    for key in load(POLICY)["closed_children"]:
        parent, _, child = key.partition(".")
        closed.setdefault(parent, []).append(child)
    return closed


def _wanted(asked: Asked) -> Iterator[ColumnElement[bool]]:
    if asked.ids:
        yield Ticket.id.in_(asked.ids)
        return
    requested = func.coalesce(Ticket.reported_at, Ticket.opened_at)
    if asked.classes:
        yield Ticket.category.in_(asked.classes)
    if asked.since is not None:
        yield requested >= asked.since
    if asked.until is not None:
        yield requested <= asked.until
    if asked.is_open is not None:
        yield _standing_state().in_(OPEN) if asked.is_open else _standing_state().not_in(OPEN)


def _standing_state() -> ColumnElement[Any]:
    main = aliased(Ticket)
    merged = select(main.state).where(main.id == Ticket.merged_into).scalar_subquery()
    return func.coalesce(merged, Ticket.state)


def _shown(session: Session, tickets: Sequence[Ticket]) -> list[PublicRequest]:
    mains = _by_id(session, {one.merged_into for one in tickets if one.merged_into})
    standing = {one.id: mains.get(one.merged_into or 0, one) for one in tickets}
    addresses = addresses_of(session, {one.area_id for one in tickets if one.area_id})
    owners = _owners(session, {one.owner_post_id for one in standing.values()})
    names = names_of(session, [*tickets, *mains.values()])
    shown = []
    for one in tickets:
        address_id, address = addresses[one.area_id or 0]
        role, department = owners.get(standing[one.id].owner_post_id, (None, None))
        hidden = names.get(one.id, frozenset()) | names.get(standing[one.id].id, frozenset())
        shown.append(
            PublicRequest(one, standing[one.id], address_id, address, role, department, hidden)
        )
    return shown


def _by_id(session: Session, ids: Collection[int]) -> dict[int, Ticket]:
    if not ids:
        return {}
    return {one.id: one for one in session.scalars(select(Ticket).where(Ticket.id.in_(ids)))}


def addresses_of(session: Session, ids: Collection[int]) -> dict[int, tuple[int, tuple[str, ...]]]:
    """Area → the building it lies in or what it is itself, and names; never a unit or a room."""
    rows = session.execute(
        select(AreaWithin.area_id, Area.id, Area.name, Area.kind)
        .join(Area, Area.id == AreaWithin.outer_id)
        .where(AreaWithin.area_id.in_(ids), Area.kind.in_(NAMED_KINDS))
    )
    around: dict[int, dict[AreaKind, tuple[int, str]]] = {one: {} for one in ids}
    for inner, outer, name, kind in rows:
        around[inner][kind] = outer, name
    order = list(reversed(NAMED_KINDS))
    found = {one: [named[kind] for kind in order if kind in named] for one, named in around.items()}
    return {
        one: (parts[0][0] if parts else one, tuple(name for _, name in parts))
        for one, parts in found.items()
    }


def _owners(
    session: Session, post_ids: set[int | None]
) -> dict[int | None, tuple[Role, str | None]]:
    rows = session.execute(
        select(Post.id, Post.role, Post.department).where(Post.id.in_(post_ids - {None}))
    )
    return {post_id: (role, department) for post_id, role, department in rows}


def names_of(session: Session, tickets: Collection[Ticket]) -> dict[int, frozenset[str]]:
    """Ticket → who reported it and who has it."""
    concerned = {one.id: {one.reporter_id, one.owner_id} - {None} for one in tickets}
    ids = set().union(*concerned.values()) if concerned else set()
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    names = {person_id: name for person_id, name in rows if name}
    return {
        one: frozenset(names[person] for person in people if person in names)
        for one, people in concerned.items()
    }
