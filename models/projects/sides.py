"""Who steers a project, who answers for it, and whom its tickets keep away from it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models import linked, on_duty
from models.on_duty import Holder
from models.places import Area, AreaWithin
from models.posts import PAID, Post, Role
from models.projects.flow import Side
from models.projects.table import Project, ProjectTicket
from models.served import served_by
from models.tickets.table import Ticket


def staff_roles() -> frozenset[Role]:
    return frozenset(Role(one) for one in load("projects")["staff"])


def steered(session: Session, by: int, at: datetime) -> list[int]:
    """The areas whose projects this person makes and steers, each with all within."""
    served = served_by(session, [by], at)
    found = {one.area_id for one in served if one.role in staff_roles() and one.is_since(at)}
    return sorted(found)


def areas(session: Session, by: int, at: datetime, limit: int = 400) -> Sequence[Area]:
    """Where this person may make one."""
    within = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(steered(session, by, at)))
    return session.scalars(
        select(Area)
        .where(Area.id.in_(within), Area.kind.in_(load("projects")["area_kinds"]))
        .order_by(Area.community_id, Area.kind, Area.id)
        .limit(limit)
    ).all()


def may_make(session: Session, area_id: int, by: int, at: datetime) -> bool:
    holders = on_duty.holders_at(session, area_id, at)
    return any(one.person_id == by and one.role in staff_roles() for one in holders)


def owners(session: Session, area_id: int, at: datetime) -> list[Holder]:
    """Who may answer for a project of this place: paid posts alone."""
    return [one for one in on_duty.holders_at(session, area_id, at) if one.role in PAID]


def owner(session: Session, project: Project, at: datetime) -> int | None:
    """Who holds the post that answers for it now, or stands in."""
    return on_duty.answering(session, session.get_one(Post, project.post_id), at)


def held(
    session: Session, project: Project, person_id: int | None, at: datetime
) -> frozenset[Side]:
    """All that this person (None: the clock) is to a project; nothing once a ticket of it is
    about them."""
    if person_id is None:
        return frozenset({Side.CLOCK})
    if person_id in accused(session, project, at):
        return frozenset()
    asked = {
        Side.STAFF: may_make(session, project.area_id, person_id, at),
        Side.OWNER: person_id == owner(session, project, at),
    }
    return frozenset(side for side, is_so in asked.items() if is_so)


def accused(session: Session, project: Project, at: datetime) -> frozenset[int]:
    return linked.accused(session, tickets(session, project), at)


def tickets(session: Session, project: Project) -> Sequence[Ticket]:
    return session.scalars(
        select(Ticket)
        .join(ProjectTicket, ProjectTicket.ticket_id == Ticket.id)
        .where(ProjectTicket.project_id == project.id)
        .order_by(Ticket.id)
    ).all()


def workers(session: Session, project: Project, at: datetime) -> list[int]:
    """Who is reminded: who answers for it, else the nearest of those who steer it."""
    barred = accused(session, project, at)
    person = owner(session, project, at)
    found = [person] if person is not None else []
    here = on_duty.holders_at(session, project.area_id, at)
    found += [one.person_id for one in here if one.role in staff_roles()]
    return [one for one in found if one not in barred][:1]


def readers(session: Session, project: Project, at: datetime) -> list[int]:
    """Who may look at what is told before everybody reads it."""
    barred = accused(session, project, at)
    here = on_duty.holders_at(session, project.area_id, at)
    found = [one.person_id for one in here if one.role in staff_roles()]
    found += [one] if (one := owner(session, project, at)) is not None else []
    return [one for one in dict.fromkeys(found) if one not in barred]


def above(session: Session, project: Project, at: datetime) -> list[int]:
    """Who hears that a day has passed: those who steer it, to help."""
    told = {*accused(session, project, at), *workers(session, project, at)}
    here = on_duty.holders_at(session, project.area_id, at)
    found = [one.person_id for one in here if one.role in staff_roles()]
    return [one for one in dict.fromkeys(found) if one not in told]


def residents(session: Session, project: Project) -> list[int]:
    return linked.residents(session, tickets(session, project))
