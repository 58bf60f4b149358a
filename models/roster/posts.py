"""Giving and ending posts: who may, where a post can be, from which day to which."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from config.policy import load
from models import events
from models.errors import AlreadyDone, DomainError, NotAllowed, NotFound
from models.events import Fact
from models.localtime import SHANGHAI, local
from models.places import Area, AreaWithin
from models.posts import Post, Role, is_held

EARLIEST = date(1990, 1, 1)
LONGEST_PHONE = 20
ONE_DAY = timedelta(days=1)


class PostUnfit(DomainError):
    """What was said of a post can not be so; `field` tells what."""

    template = "post_unfit"


@dataclass(frozen=True, slots=True)
class Term:
    """任期 — a post as it is given; a liaison's has a department."""

    role: Role
    since_on: date
    until_on: date | None = None
    department: str | None = None
    duty_phone: str | None = None


def given_by(roles: Sequence[Role]) -> frozenset[Role]:
    """Which posts these roles may give."""
    table = load("roster")["appoints"]
    return frozenset(Role(one) for role in roles for one in table.get(role, ()))


def may_give(session: Session, role: Role, area_id: int, by: int, at: datetime) -> bool:
    """Whether `by` serves this area, or one around it, in a role that gives such posts."""
    return role in given_by(_roles_around(session, area_id, by, at))


def giveable(session: Session, held: Collection[Post], by: int, at: datetime) -> frozenset[int]:
    """Which of these posts `by` may give and end; never their own."""
    if not held:
        return frozenset()
    mine = aliased(Post)
    rows = session.execute(
        select(AreaWithin.area_id, mine.role)
        .join(mine, mine.area_id == AreaWithin.outer_id)
        .where(
            AreaWithin.area_id.in_({one.area_id for one in held}),
            mine.person_id == by,
            mine.since <= at,
            or_(mine.until.is_(None), mine.until > at),
        )
    ).all()
    return frozenset(
        one.id
        for one in held
        if one.person_id != by
        and one.role in given_by([role for area_id, role in rows if area_id == one.area_id])
    )


def appointable(session: Session, area: Area, by: int, at: datetime) -> list[Role]:
    """What `by` may give here, in the order of the table."""
    given = given_by(_roles_around(session, area.id, by, at))
    return [role for role in Role if role in given and area.kind in places_for(role)]


def places_for(role: Role) -> Sequence[str]:
    """Kinds of areas where such a post can be."""
    found: Sequence[str] = load("roster")["posts_at"].get(role, ())
    return found


def give(
    session: Session, person_id: int, area: Area, term: Term, *, by: int, at: datetime
) -> Post:
    """Raises NotAllowed, PostUnfit, and AlreadyDone for a post the person holds already."""
    if by == person_id or not may_give(session, term.role, area.id, by, at):
        raise NotAllowed(number=area.name)
    check(area, term)
    if same(session, person_id, area.id, term, at) is not None:
        raise AlreadyDone(number=area.name)
    post = made(person_id, area.id, term, at)
    session.add(post)
    session.flush()
    events.record(session, fact(post, "post_given", by, at))
    return post


def check(area: Area, term: Term) -> None:
    """Raises PostUnfit for the first thing that can not be so."""
    if area.kind not in places_for(term.role):
        raise PostUnfit(field="area")
    known = load("labels")["department"]
    if (term.role == Role.DEPARTMENT_LIAISON) != (term.department in known):
        raise PostUnfit(field="department")
    if term.duty_phone and len(term.duty_phone) > LONGEST_PHONE:
        raise PostUnfit(field="duty_phone")
    if term.since_on < EARLIEST or (term.until_on and term.until_on < term.since_on):
        raise PostUnfit(field="days")


def same(session: Session, person_id: int, area_id: int, term: Term, at: datetime) -> Post | None:
    """The post of this role and place that the person holds, or will."""
    return session.scalars(
        select(Post)
        .where(
            Post.person_id == person_id,
            Post.area_id == area_id,
            Post.role == term.role,
            Post.department.is_(None)
            if term.department is None
            else Post.department == term.department,
            or_(Post.until.is_(None), Post.until > at),
        )
        .limit(1)
    ).first()


def made(person_id: int, area_id: int, term: Term, at: datetime) -> Post:
    """From the beginning of its first day, or from now where that is today."""
    is_today = term.since_on == local(at).date()
    return Post(
        person_id=person_id,
        role=term.role,
        area_id=area_id,
        department=term.department,
        duty_phone=term.duty_phone or None,
        since=at if is_today else _midnight(term.since_on),
        until=_midnight(term.until_on + ONE_DAY) if term.until_on else None,
    )


def end(session: Session, post: Post, last_day: date, *, by: int, at: datetime) -> None:
    """At the end of its last day; at once where that day is today or past.

    What its holder still has in hand goes on to who serves the place then. Raises NotAllowed,
    PostUnfit (before it began), AlreadyDone (it is over).
    """
    if by == post.person_id or not may_give(session, post.role, post.area_id, by, at):
        raise NotAllowed(number=str(post.id))
    if post.until is not None and post.until <= at:
        raise AlreadyDone(number=str(post.id))
    over = _midnight(last_day + ONE_DAY) if last_day > local(at).date() else at
    if over <= post.since:
        raise PostUnfit(field="days")
    before = post.until
    post.until = over
    told = fact(post, "post_ended", by, at)
    told.detail["before"] = before.isoformat() if before else None
    events.record(session, told)


def set_duty_phone(session: Session, post: Post, phone: str, *, by: int, at: datetime) -> None:
    """The number by which everybody reaches the post. Raises NotAllowed, PostUnfit."""
    if not may_give(session, post.role, post.area_id, by, at):
        raise NotAllowed(number=str(post.id))
    if len(phone) > LONGEST_PHONE:
        raise PostUnfit(field="duty_phone")
    post.duty_phone = phone
    events.record(session, fact(post, "post_phone_set", by, at))


def find(session: Session, post_id: int) -> Post:
    post = session.get(Post, post_id)
    if post is None:
        raise NotFound(number=str(post_id))
    return post


def fact(post: Post, verb: str, by: int, at: datetime) -> Fact:
    return Fact(
        verb=verb,
        subject_kind="post",
        subject_id=post.id,
        at=at,
        actor_id=by,
        new=post.role.value,
        area_id=post.area_id,
        detail={
            "person": post.person_id,
            "department": post.department,
            "since": post.since.isoformat(),
            "until": post.until.isoformat() if post.until else None,
        },
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _roles_around(session: Session, area_id: int, by: int, at: datetime) -> Sequence[Role]:
    around = select(AreaWithin.outer_id).where(AreaWithin.area_id == area_id)
    return session.scalars(
        select(Post.role).where(Post.person_id == by, Post.area_id.in_(around), is_held(at))
    ).all()
