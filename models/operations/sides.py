"""Who may plan an operation, who is asked to come, who leads it and who reviews its sheet."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from config.policy import load
from models import dispatch, on_duty
from models.notices import rights
from models.notices.flow import NoticeAction
from models.notices.table import Notice
from models.operations.flow import Reply, Side
from models.operations.table import Member, Operation
from models.places import AreaWithin, inner_areas
from models.posts import Absence, Post, Role, is_held


def may_plan(session: Session, area_id: int, person_id: int, at: datetime) -> bool:
    return person_id in planners(session, area_id, at)


def planners(session: Session, area_id: int, at: datetime) -> list[int]:
    """Who may plan and lead at this place, nearest first."""
    roles = load("operations")["planners"]
    holders = on_duty.holders_at(session, area_id, at)
    return list(dict.fromkeys(one.person_id for one in holders if one.role in roles))


def leader_of(session: Session, operation: Operation, at: datetime) -> int | None:
    """Who planned it; once they serve the place no more, the next who may."""
    found = planners(session, operation.area_id, at)
    return operation.leader_id if operation.leader_id in found else next(iter(found), None)


def teams(
    session: Session,
    area_id: int,
    roles: Collection[Role],
    departments: Sequence[str],
    at: datetime,
) -> list[Post]:
    """The posts that are asked: of each department the nearest liaison, of each role everybody.

    Whoever is away at that time counts as their substitute.
    """
    holders = on_duty.holders_at(session, area_id, at)
    found: dict[int, Post] = {}
    for department in departments:
        liaison = dispatch.holder_of(
            holders, (Role.DEPARTMENT_LIAISON,), dispatch.loads(session), department=department
        )
        if liaison is not None:
            found.setdefault(liaison.person_id, session.get_one(Post, liaison.post_id))
    for post in _serving(session, area_id, roles, at):
        found.setdefault(post.person_id, post)
    return list(found.values())


def _serving(session: Session, area_id: int, roles: Collection[Role], at: datetime) -> list[Post]:
    """Posts of the place, of all that lies in it, and of what these lie in."""
    around = select(AreaWithin.outer_id).where(AreaWithin.area_id.in_(inner_areas(area_id)))
    stand_in = aliased(Post)
    rows = session.execute(
        select(Post, Absence.id, stand_in)
        .outerjoin(
            Absence,
            and_(Absence.post_id == Post.id, Absence.since <= at, Absence.until > at),
        )
        .outerjoin(stand_in, stand_in.id == Absence.substitute_id)
        .where(Post.area_id.in_(around), Post.role.in_(list(roles)), is_held(at))
        .order_by(Post.id)
    )
    asked = (substitute if absence else post for post, absence, substitute in rows)
    return [post for post in asked if post is not None]


def held(
    session: Session, operation: Operation, person_id: int | None, at: datetime
) -> frozenset[Side]:
    """All that this person (None: the clock) is to an operation; who is nothing reads nothing."""
    if person_id is None:
        return frozenset({Side.CLOCK})
    asked = {
        Side.LEADER: leader_of(session, operation, at) == person_id,
        Side.MEMBER: member_of(session, operation, person_id) is not None,
        Side.REVIEWER: may_review(session, operation, person_id, at),
        Side.PLANNER: may_plan(session, operation.area_id, person_id, at),
    }
    return frozenset(side for side, is_so in asked.items() if is_so)


def member_of(session: Session, operation: Operation, person_id: int) -> Member | None:
    return session.scalars(
        select(Member).where(Member.operation_id == operation.id, Member.person_id == person_id)
    ).first()


def may_review(session: Session, operation: Operation, person_id: int, at: datetime) -> bool:
    """A second person, by the rule of every notice."""
    if operation.notice_id is None:
        return False
    notice = session.get_one(Notice, operation.notice_id)
    return rights.can(session, notice, NoticeAction.REVIEW, by=person_id, at=at)


def reviewers(session: Session, operation: Operation, at: datetime) -> list[int]:
    """Who is asked to review: all holders of the nearest role that may."""
    roles = load("notices")["posts"]["reviewers"]
    holders = on_duty.holders_at(session, operation.area_id, at)
    for role in roles:
        found = [one.person_id for one in holders if one.role == role]
        if able := [one for one in found if may_review(session, operation, one, at)]:
            return list(dict.fromkeys(able))
    return []


def may_read(session: Session, operation: Operation, person_id: int, at: datetime) -> bool:
    return bool(held(session, operation, person_id, at))


def is_on_site(session: Session, operation: Operation, person_id: int, at: datetime) -> bool:
    """Who leads it or was asked to come."""
    return bool(held(session, operation, person_id, at) & {Side.LEADER, Side.MEMBER})


def members(session: Session, operation: Operation) -> Sequence[Member]:
    return session.scalars(
        select(Member).where(Member.operation_id == operation.id).order_by(Member.id)
    ).all()


def coming(session: Session, operation: Operation) -> list[int]:
    """Who has not said that they can not come."""
    return [one.person_id for one in members(session, operation) if one.reply != Reply.DECLINED]
