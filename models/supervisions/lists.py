"""Which supervisions somebody reads, in groups, and what was said in them: queries only."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from config.policy import load
from models.errors import NotFound
from models.listed import PAGE
from models.localtime import local, midnight
from models.people import Person
from models.places import Area, inner_areas
from models.posts import Post
from models.projects.table import Project
from models.served import posts_served
from models.supervisions import sides
from models.supervisions.flow import OPEN, SupervisionState
from models.supervisions.table import (
    EntryKind,
    SupervisedTicket,
    Supervision,
    SupervisionEntry,
)
from models.tickets.asked import word_in


class Group(StrEnum):
    """督办分组 — the lists of the console."""

    OPEN = "open"
    TO_ANSWER = "to_answer"  # by who reads
    LATE = "late"
    ANSWERED = "answered"
    MINE = "mine"  # asked by who reads
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Row:
    """督办一行 — a supervision as a list shows it."""

    one: Supervision
    area: str
    supervisor: str
    asked: str
    role: str
    department: str | None
    project: str | None
    tickets: Sequence[int] = ()
    note: str = ""

    @property
    def id(self) -> int:
        return self.one.id


@dataclass(frozen=True, slots=True)
class Said:
    """督办里的一句 — an entry with the name of its author."""

    entry: SupervisionEntry
    name: str


def group_of(query: Mapping[str, str]) -> Group:
    return word_in(Group, query.get("group")) or Group.OPEN


def rows(
    session: Session,
    by: int,
    group: Group,
    now: datetime,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Row]:
    """The latest first; `before` goes on where a page ended."""
    wanted = [sides.readable(session, by, now), of_group(group, by, now)]
    if before is not None:
        wanted.append(Supervision.id < before)
    return _shown(session, wanted, limit)


def counts(session: Session, by: int, now: datetime) -> dict[Group, int]:
    """How long the list of each group is."""
    columns = [func.count().filter(of_group(group, by, now)) for group in Group]
    readable = sides.readable(session, by, now)
    found = session.execute(select(*columns).select_from(Supervision).where(readable)).one()
    return dict(zip(Group, found, strict=True))


def row_in(session: Session, supervision_id: int, by: int, now: datetime) -> Row:
    """NotFound, in the same words, for one that nobody has and for one not theirs to read."""
    wanted = [Supervision.id == supervision_id, sides.readable(session, by, now)]
    found = _shown(session, wanted, 1)
    if not found:
        raise NotFound(number=f"#{supervision_id}")
    return found[0]


def of_ticket(session: Session, ticket_id: int) -> list[Row]:
    """Whoever sees the ticket: its note and its other tickets are for who may read it."""
    return _named(session, [sides.on_tickets([ticket_id])], PAGE)


def to_answer(session: Session, by: int, now: datetime) -> Sequence[Supervision]:
    """What waits for this person, the nearest day first."""
    return session.scalars(
        select(Supervision)
        .where(sides.readable(session, by, now), of_group(Group.TO_ANSWER, by, now))
        .order_by(Supervision.due_on, Supervision.id)
        .limit(load("supervisions")["listed"])
    ).all()


def asked_by(session: Session, by: int, now: datetime) -> Sequence[Supervision]:
    """What this person asks and has not ended: the answered first, then by day."""
    return session.scalars(
        select(Supervision)
        .where(sides.readable(session, by, now), of_group(Group.MINE, by, now))
        .order_by((Supervision.state == SupervisionState.ANSWERED).desc(), Supervision.due_on)
        .limit(load("supervisions")["listed"])
    ).all()


def said(session: Session, one: Supervision) -> list[Said]:
    found = session.execute(
        select(SupervisionEntry, Person.name)
        .join(Person, Person.id == SupervisionEntry.author_id)
        .where(SupervisionEntry.supervision_id == one.id)
        .order_by(SupervisionEntry.id)
    )
    return [Said(entry, name or "") for entry, name in found]


def of_group(group: Group, by: int, now: datetime) -> ColumnElement[bool]:
    waits = Supervision.state == SupervisionState.ASKED
    is_open = Supervision.state.in_(OPEN)
    conditions: Mapping[Group, ColumnElement[bool]] = {
        Group.OPEN: is_open,
        Group.TO_ANSWER: and_(waits, Supervision.post_id.in_(posts_served(by, now))),
        Group.LATE: and_(waits, Supervision.due_on < local(now).date()),
        Group.ANSWERED: Supervision.state == SupervisionState.ANSWERED,
        Group.MINE: and_(is_open, Supervision.supervisor_id == by),
        Group.ENDED: Supervision.state.not_in(OPEN),
    }
    return conditions[group]


def steered_in(
    session: Session, area_id: int, hidden: Collection[int], since: date, limit: int
) -> list[Row]:
    """Of a place: what is open or has ended since, by day; none with a ticket that is hidden
    from who reads."""
    wanted = [
        Supervision.area_id.in_(inner_areas(area_id)),
        or_(Supervision.state.in_(OPEN), Supervision.ended_at >= midnight(since)),
        ~sides.on_tickets(sorted(hidden)),
    ]
    return sorted(_named(session, wanted, limit), key=lambda row: (row.one.due_on, row.one.id))


def _shown(session: Session, wanted: Sequence[ColumnElement[bool]], limit: int) -> list[Row]:
    """With its tickets and its note."""
    found = _named(session, wanted, limit)
    ids = [row.one.id for row in found]
    tickets, notes = _tickets(session, ids), _notes(session, ids)
    return [
        replace(row, tickets=tickets.get(row.one.id, ()), note=notes.get(row.one.id, ""))
        for row in found
    ]


def _named(session: Session, wanted: Sequence[ColumnElement[bool]], limit: int) -> list[Row]:
    """Who asks and who is asked; the latest first."""
    supervisor, asked, estate = aliased(Person), aliased(Person), aliased(Area)
    found = session.execute(
        select(
            Supervision,
            func.coalesce(estate.name, "") + Area.name,
            func.coalesce(supervisor.name, ""),
            func.coalesce(asked.name, ""),
            Post.role,
            Post.department,
            Project.title,
        )
        .join(Area, Area.id == Supervision.area_id)
        .outerjoin(estate, estate.id == Area.estate_id)
        .join(supervisor, supervisor.id == Supervision.supervisor_id)
        .join(asked, asked.id == Supervision.person_id)
        .join(Post, Post.id == Supervision.post_id)
        .outerjoin(Project, Project.id == Supervision.project_id)
        .where(*wanted)
        .order_by(Supervision.id.desc())
        .limit(limit)
    )
    return [Row(*row) for row in found]


def _tickets(session: Session, ids: Sequence[int]) -> dict[int, list[int]]:
    linked: dict[int, list[int]] = {}
    for supervision_id, ticket_id in session.execute(
        select(SupervisedTicket.supervision_id, SupervisedTicket.ticket_id)
        .where(SupervisedTicket.supervision_id.in_(ids))
        .order_by(SupervisedTicket.ticket_id)
    ):
        linked.setdefault(supervision_id, []).append(ticket_id)
    return linked


def _notes(session: Session, ids: Sequence[int]) -> dict[int, str]:
    found = session.execute(
        select(SupervisionEntry.supervision_id, SupervisionEntry.text).where(
            SupervisionEntry.supervision_id.in_(ids), SupervisionEntry.kind == EntryKind.NOTE
        )
    )
    return {supervision_id: text or "" for supervision_id, text in found}
