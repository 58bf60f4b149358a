"""Which legacy problems there are, for whom, and what is public of them: queries only."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.policy import load
from models import linked
from models import milestones as plans
from models.errors import NotFound
from models.legacy.flow import OPEN, PUBLIC, LegacyState, MilestoneState
from models.legacy.table import ForceMember, LegacyProblem, LegacyTicket, Milestone, Progress
from models.people import Person
from models.places import AreaWithin, inner_areas
from models.posts import Post, Role
from models.served import posts_served


def of_ticket(session: Session, ticket_id: int) -> LegacyProblem | None:
    """The problem a ticket is part of."""
    return session.scalars(
        select(LegacyProblem)
        .join(LegacyTicket, LegacyTicket.problem_id == LegacyProblem.id)
        .where(LegacyTicket.ticket_id == ticket_id, LegacyProblem.state != LegacyState.CANCELLED)
    ).first()


def concerning(session: Session, person_id: int, now: datetime) -> Sequence[LegacyProblem]:
    """Where this person is staff of the place or in the task force; the open ones first."""
    roles = [Role(one) for one in load("legacy")["staff"]]
    served = select(Post.area_id).where(
        Post.id.in_(posts_served(person_id, now)), Post.role.in_(roles)
    )
    inside = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(served))
    member = select(ForceMember.problem_id).where(ForceMember.person_id == person_id)
    return session.scalars(
        select(LegacyProblem)
        .where(
            or_(LegacyProblem.area_id.in_(inside), LegacyProblem.id.in_(member)),
            LegacyProblem.state != LegacyState.CANCELLED,
        )
        .order_by(LegacyProblem.state.in_(list(OPEN)).desc(), LegacyProblem.id.desc())
        .limit(load("legacy")["listed"])
    ).all()


def milestones(session: Session, problem: LegacyProblem) -> Sequence[Milestone]:
    """In the order of their days."""
    is_kept = Milestone.state != MilestoneState.DROPPED
    return plans.dated(session, Milestone, Milestone.problem_id == problem.id, is_kept)


def waiting(session: Session, problem: LegacyProblem) -> list[Milestone]:
    found = milestones(session, problem)
    return [one for one in found if one.state == MilestoneState.WAITING]


def progress(session: Session, problem: LegacyProblem, limit: int = 20) -> Sequence[Progress]:
    """The latest first."""
    return session.scalars(
        select(Progress)
        .where(Progress.problem_id == problem.id, Progress.text.is_not(None))
        .order_by(Progress.id.desc())
        .limit(limit)
    ).all()


def public_progress(session: Session, problem: LegacyProblem) -> list[Progress]:
    return [one for one in progress(session, problem) if one.public_at is not None]


def note_of(session: Session, problem: LegacyProblem, note_id: int | None) -> Progress:
    """NotFound for one of another problem, too."""
    found = session.get(Progress, note_id) if note_id is not None else None
    if found is None or found.problem_id != problem.id:
        raise NotFound(number="")
    return found


def force_of(session: Session, problem: LegacyProblem) -> list[tuple[ForceMember, str]]:
    """The task force with its names, for those who are in it and its staff."""
    rows = session.execute(
        select(ForceMember, Person.name)
        .join(Person, Person.id == ForceMember.person_id)
        .where(ForceMember.problem_id == problem.id)
        .order_by(ForceMember.id)
    )
    return [(member, name or "") for member, name in rows]


def public(session: Session, public_id: str) -> LegacyProblem | None:
    """What anybody may read under this name."""
    return session.scalars(
        select(LegacyProblem).where(
            LegacyProblem.public_id == public_id, LegacyProblem.state.in_(list(PUBLIC))
        )
    ).first()


def public_in(session: Session, area_id: int, limit: int = 50) -> Sequence[LegacyProblem]:
    """Of an area and all that lies in it: what is under way first, then the latest."""
    return session.scalars(
        select(LegacyProblem)
        .where(
            LegacyProblem.area_id.in_(inner_areas(area_id)),
            LegacyProblem.state.in_(list(PUBLIC)),
        )
        .order_by((LegacyProblem.state == LegacyState.UNDER_WAY).desc(), LegacyProblem.id.desc())
        .limit(limit)
    ).all()


def names_around(session: Session, problem_ids: Sequence[int]) -> set[str]:
    """Names of everybody who has to do with these problems."""
    return linked.names_around(
        session,
        select(LegacyTicket.ticket_id).where(LegacyTicket.problem_id.in_(problem_ids)),
        select(LegacyProblem.opened_by).where(LegacyProblem.id.in_(problem_ids)),
        select(ForceMember.person_id).where(ForceMember.problem_id.in_(problem_ids)),
    )
