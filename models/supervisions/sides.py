"""Who may ask whom about these tickets, who answers, and who reads it: config/supervisions.toml."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
from sqlalchemy.orm import Session

from config.policy import load
from models import linked, on_duty
from models.on_duty import NEARNESS, Holder
from models.places import Area, AreaWithin, root_area_id
from models.posts import PAID, Post, Role
from models.projects import sides as projects
from models.projects.table import Project, ProjectTicket
from models.protection import accused_persons, holders_for
from models.served import posts_served, served_by
from models.supervisions.flow import Side
from models.supervisions.table import SupervisedTicket, Supervision
from models.tickets.sight import is_about
from models.tickets.table import Ticket


def supervisors() -> frozenset[Role]:
    """Every role that may ask somebody."""
    return frozenset(Role(one) for one in load("supervisions")["asks"])


def choices(session: Session, tickets: Sequence[Ticket], by: int, at: datetime) -> list[Holder]:
    """Whom this person may ask about all of these tickets, nearest first; never themselves,
    nobody any of them is about, and nobody who is not paid for the work."""
    found: list[Holder] | None = None
    for ticket in tickets:
        barred = accused_persons(session, ticket, at)
        if by in barred:
            return []
        here = askable(holders_for(session, ticket, at), by)
        asked = {one.post_id for one in here if one.person_id not in barred}
        found = [one for one in (here if found is None else found) if one.post_id in asked]
    return found or []


def choices_for(session: Session, project: Project, by: int, at: datetime) -> list[Holder]:
    """Whom this person may ask about a project, by the same rule."""
    barred = projects.accused(session, project, at)
    if by in barred:
        return []
    here = askable(on_duty.holders_at(session, project.area_id, at), by)
    return [one for one in here if one.person_id not in barred]


def askable(here: Sequence[Holder], by: int) -> list[Holder]:
    """Of those who serve a place, whom this person may ask by their own post there."""
    rows = load("supervisions")["asks"]
    roles = {Role(to) for one in here if one.person_id == by for to in rows.get(one.role, ())}
    return [one for one in here if one.role in roles & PAID and one.person_id != by]


def common_area(session: Session, tickets: Sequence[Ticket]) -> int | None:
    """The smallest area that all of them lie within."""
    places = {one.area_id for one in tickets}
    if None in places or not places:
        return root_area_id(session)
    around = (
        select(AreaWithin.outer_id)
        .where(AreaWithin.area_id.in_(places))
        .group_by(AreaWithin.outer_id)
        .having(func.count() == len(places))
    )
    areas = session.scalars(select(Area).where(Area.id.in_(around))).all()
    return min(areas, key=lambda one: (NEARNESS[one.kind], one.id)).id


def persons(session: Session, one: Supervision, at: datetime) -> dict[Side, int]:
    """Who is which side of it now; a side whom one of its matters is about is nobody's."""
    barred = accused(session, one, at)
    found = {
        Side.SUPERVISOR: _supervisor(session, one, at, barred),
        Side.ASKED: answerer(session, one, at),
    }
    return {
        side: person
        for side, person in found.items()
        if person is not None and person not in barred
    }


def held(
    session: Session, one: Supervision, person_id: int | None, at: datetime
) -> frozenset[Side]:
    """All that this person (None: the clock) is to it; nothing once it is about them."""
    if person_id is None:
        return frozenset({Side.CLOCK})
    found = persons(session, one, at)
    return frozenset(side for side, person in found.items() if person == person_id)


def answerer(session: Session, one: Supervision, at: datetime) -> int | None:
    """Who holds the post that was asked now, or stands in; None while nobody does."""
    return on_duty.answering(session, session.get_one(Post, one.post_id), at)


def _supervisor(
    session: Session, one: Supervision, at: datetime, barred: Collection[int]
) -> int | None:
    """Who asked; once they serve the place no more, the nearest who may ask there."""
    found = [
        held.person_id
        for held in on_duty.holders_at(session, one.area_id, at)
        if held.role in supervisors()
        and held.person_id not in barred
        and held.person_id != one.person_id
    ]
    return one.supervisor_id if one.supervisor_id in found else next(iter(found), None)


def accused(session: Session, one: Supervision, at: datetime) -> frozenset[int]:
    return linked.accused(session, tickets(session, one), at)


def tickets(session: Session, one: Supervision) -> Sequence[Ticket]:
    """Those it is about, and those of its project."""
    asked = select(SupervisedTicket.ticket_id).where(SupervisedTicket.supervision_id == one.id)
    linked = select(ProjectTicket.ticket_id).where(ProjectTicket.project_id == one.project_id)
    return session.scalars(
        select(Ticket).where(Ticket.id.in_(asked.union(linked))).order_by(Ticket.id)
    ).all()


def readable(session: Session, by: int, at: datetime) -> ColumnElement[bool]:
    """The supervisions this person may read: theirs, those that ask them, and those of the places
    where they may ask; none with a ticket about them."""
    served = served_by(session, [by], at)
    above = {one.area_id for one in served if one.role in supervisors() and one.is_since(at)}
    within = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(above))
    mine = or_(
        Supervision.supervisor_id == by,
        Supervision.person_id == by,
        Supervision.post_id.in_(posts_served(by, at)),
        Supervision.area_id.in_(within),
    )
    accusing = is_about(served)
    if accusing is None:
        return mine
    return and_(mine, not_(on_tickets(select(Ticket.id).where(accusing))))


def on_tickets(ids: Collection[int] | Select[int]) -> ColumnElement[bool]:
    """Supervisions about any of these tickets, or a project they are part of."""
    asked = select(SupervisedTicket.supervision_id).where(SupervisedTicket.ticket_id.in_(ids))
    linked = select(ProjectTicket.project_id).where(ProjectTicket.ticket_id.in_(ids))
    return or_(
        Supervision.id.in_(asked),
        and_(Supervision.project_id.is_not(None), Supervision.project_id.in_(linked)),
    )
