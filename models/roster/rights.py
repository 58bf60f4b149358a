"""Who keeps which roll where: the table of config/roster.toml over the posts somebody holds."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from config.policy import load
from models.errors import NotAllowed, NotFound
from models.places import Area, AreaWithin
from models.posts import Post, Role, is_held


class Right(StrEnum):
    """名册权限 — what somebody may do with the rolls of the areas they serve."""

    AREAS = "areas"
    POSTS = "posts"
    STAFF = "staff"
    RESIDENTS = "residents"
    REGISTER = "register"
    LISTS = "lists"
    RECORD = "record"
    MESSAGES = "messages"
    JOBS = "jobs"
    RUN_JOBS = "run_jobs"
    MEDIATE = "mediate"
    MEDIATIONS = "mediations"
    UNANSWERED = "unanswered"
    HOTLINE = "hotline"
    OUTSIDE = "outside"


def roles_with(right: Right) -> frozenset[Role]:
    return frozenset(Role(one) for one in load("roster")["rights"][right])


def places_of(session: Session, right: Right, person_id: int, now: datetime) -> tuple[int, ...]:
    """The areas for which this person has the right, each with all that lies within."""
    rows = session.scalars(
        select(Post.area_id)
        .where(Post.person_id == person_id, Post.role.in_(roles_with(right)), is_held(now))
        .distinct()
    )
    return tuple(sorted(rows))


def inside(places: Collection[int]) -> Select[int]:
    """Selects the ids of everything within these areas, themselves included."""
    return select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(places))


def may(session: Session, right: Right, area_id: int, by: int, at: datetime) -> bool:
    around = select(AreaWithin.outer_id).where(AreaWithin.area_id == area_id)
    held = select(Post.id).where(
        Post.person_id == by,
        Post.role.in_(roles_with(right)),
        Post.area_id.in_(around),
        is_held(at),
    )
    return session.scalar(held.limit(1)) is not None


def require(session: Session, right: Right, area_id: int, by: int, at: datetime) -> None:
    """Raises NotAllowed."""
    if not may(session, right, area_id, by, at):
        raise NotAllowed(number=str(area_id))


def area_in(session: Session, places: Collection[int], area_id: int) -> Area:
    """NotFound, in the same words, for an area nobody has and for one that lies outside."""
    area = session.get(Area, area_id)
    within = select(AreaWithin.area_id).where(
        AreaWithin.area_id == area_id, AreaWithin.outer_id.in_(places)
    )
    if area is None or session.scalar(within.limit(1)) is None:
        raise NotFound(number=str(area_id))
    return area
