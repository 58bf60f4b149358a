"""What a change of the dispatch table would bring: who is asked next, and where nobody is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from config.categories import Intent, Urgency
from config.policy import load
from models import dispatch, on_duty
from models.dispatch import Plan
from models.dispatch_changes import DEPARTMENT, OWNER, Changes, Row, changes_tried
from models.places import Area, AreaKind, AreaWithin
from models.posts import Post, Role, is_held
from models.tickets.table import About

PLACES = 3
NAMED = 5


@dataclass(frozen=True, slots=True)
class Place:
    """例子 — a building at which a change is tried."""

    area_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Next:
    """下一件 — whom the next matter of a class goes to there, now and after the change."""

    place: Place
    before: Plan
    after: Plan


@dataclass(frozen=True, slots=True)
class Unserved:
    """空岗 — how many buildings have nobody in any of the posts, with the first of them."""

    count: int
    first: Sequence[str]


def examples(session: Session, area_ids: Collection[int]) -> list[Place]:
    """A building from each of the first grids inside these areas: other posts serve them."""
    ids = select(func.min(Area.id)).where(*_buildings_in(area_ids)).group_by(Area.grid_id)
    found = _named().where(Area.id.in_(ids)).order_by(Area.id).limit(PLACES)
    return [Place(area_id, name) for area_id, name in session.execute(found)]


def nexts(
    session: Session,
    places: Sequence[Place],
    categories: Sequence[str],
    where: int | None,
    body: Mapping[str, Any],
    now: datetime,
) -> dict[str, list[Next]]:
    """Category → what becomes of its next matter at these places, if the house (None) or an area
    said this."""
    loads = cache(dispatch.loads(session))
    found: dict[str, list[Next]] = {category: [] for category in categories}
    tried = changes_tried(session, [place.area_id for place in places], where, body)
    for place in places:
        holders = on_duty.holders_at(session, place.area_id, now)
        for category in categories:
            rules = (_rule(category, changes) for changes in tried[place.area_id])
            plans = [dispatch.plan(holders, rule, loads) for rule in rules]
            found[category].append(Next(place, *plans))
    return found


def unserved(
    session: Session, area_ids: Collection[int], row: Row, now: datetime
) -> Unserved | None:
    """Buildings inside these areas that nobody serves in the posts of the row."""
    is_meant = [Post.role == Role(role) for role in row[OWNER] if role != Role.DEPARTMENT_LIAISON]
    if Role.DEPARTMENT_LIAISON in row[OWNER]:
        of_department = Post.department == row[DEPARTMENT]
        is_meant.append(and_(Post.role == Role.DEPARTMENT_LIAISON, of_department))
    served = (
        select(AreaWithin.area_id)
        .join(Post, Post.area_id == AreaWithin.outer_id)
        .where(or_(*is_meant), is_held(now))
    )
    without = and_(*_buildings_in(area_ids), Area.id.not_in(served))
    query = _named().add_columns(func.count().over()).where(without).order_by(Area.id).limit(NAMED)
    rows = session.execute(query).all()
    return Unserved(rows[0][2], [name for _, name, _ in rows]) if rows else None


def guarded_from(category: str) -> About | None:
    """Whom a matter of this class is about by itself, so that it goes past them."""
    about = load("dispatch")["accused"]["categories"].get(category)
    return About(about) if about else None


def _rule(category: str, changes: Changes) -> dispatch.Rule:
    about = guarded_from(category)
    return dispatch.rule_for(category, Urgency.NORMAL, Intent.REPORT, about, None, True, changes)


def _buildings_in(area_ids: Collection[int]) -> tuple[Any, ...]:
    inside = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(area_ids))
    return Area.kind == AreaKind.BUILDING, Area.id.in_(inside)


def _named() -> Select[int, str]:
    """Buildings as people call them: with their estate."""
    estate = aliased(Area)
    name = func.coalesce(estate.name, "") + Area.name
    return select(Area.id, name).outerjoin(estate, estate.id == Area.estate_id)
