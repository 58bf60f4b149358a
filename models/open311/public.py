"""Which tickets anybody may read by Open311, and what of them: never who reported or is accused."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from config.categories import Intent, Urgency
from config.policy import load
from models import policies
from models.people import Person
from models.places import Area, AreaKind, AreaWithin
from models.posts import Post, Role
from models.ticket_flow import OPEN, State
from models.tickets.table import Ticket

POLICY = "open311"
READING, OFF = "reading", "off"
MATTERS = (Intent.REPORT, Intent.HAZARD)
NAMED_KINDS = (AreaKind.COMMUNITY, AreaKind.ESTATE, AreaKind.COURTYARD, AreaKind.BUILDING)


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
    def is_taken_back(self) -> bool:
        """Who follows it learns that; its words and its place are gone with it."""
        return self.standing.state == State.WITHDRAWN

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


def is_public(session: Session) -> ColumnElement[bool]:
    return and_(*betrays_nobody(Ticket), is_read(session))


def is_read(session: Session) -> ColumnElement[bool]:
    """Of what betrays nobody, the classes and places that are read from outside.

    A merged one is, if what it was merged into is, too: that tells how far it got.
    """
    unread = switched_off(session)
    main = aliased(Ticket)
    is_main = main.id == Ticket.merged_into, main.merged_into.is_(None)
    into = exists().where(*is_main, *betrays_nobody(main), *_read(main, unread))
    return and_(*_read(Ticket, unread), or_(Ticket.merged_into.is_(None), into))


def switched_off(session: Session) -> frozenset[int | None]:
    """The areas whose matters are not read from outside; None: those of the whole house."""
    said = policies.in_force(session, POLICY)
    return frozenset(one.area_id for one in said if one.body.get(READING) == OFF)


def betrays_nobody(ticket: Any) -> Iterator[ColumnElement[bool]]:
    """The same as models.tickets.table.IS_PUBLIC_CLOSED, of open ones, too."""
    yield ticket.about.is_(None)
    yield ~ticket.hides_reporter
    yield ticket.urgency != Urgency.EMERGENCY
    yield ticket.intent.in_(MATTERS)
    yield ticket.area_id.is_not(None)


def _read(ticket: Any, unread: frozenset[int | None]) -> Iterator[ColumnElement[bool]]:
    category: InstrumentedAttribute[str] = ticket.category
    yield category.in_(list(load(POLICY)["open"]))
    for parent, children in _closed_children().items():
        yield or_(
            category != parent,
            ticket.subcategory.is_(None),
            ticket.subcategory.not_in(children),
        )
    if None in unread:
        yield false()
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


def shown(session: Session, tickets: Sequence[Ticket]) -> list[PublicRequest]:
    """What each is to anybody, of tickets that are public."""
    mains = _by_id(session, {one.merged_into for one in tickets if one.merged_into})
    standing = {one.id: mains.get(one.merged_into or 0, one) for one in tickets}
    addresses = addresses_of(session, {one.area_id for one in tickets if one.area_id})
    owners = _owners(session, {one.owner_post_id for one in standing.values()})
    names = names_of(session, [*tickets, *mains.values()])
    found = []
    for one in tickets:
        address_id, address = addresses[one.area_id or 0]
        role, department = owners.get(standing[one.id].owner_post_id, (None, None))
        hidden = names.get(one.id, frozenset()) | names.get(standing[one.id].id, frozenset())
        found.append(
            PublicRequest(one, standing[one.id], address_id, address, role, department, hidden)
        )
    return found


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
