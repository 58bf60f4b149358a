"""Where somebody serves: what they mean when they name no place of their own."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.places import Area, AreaKind
from models.posts import Post, is_held


def place_served(session: Session, person_id: int, now: datetime) -> Area | None:
    """The building or estate of their posts, if these agree on one."""
    areas = session.scalars(
        select(Area)
        .join(Post, Post.area_id == Area.id)
        .where(
            Post.person_id == person_id,
            is_held(now),
        )
    ).all()
    found = {_building_or_estate(session, area) for area in areas}
    place_id = found.pop() if len(found) == 1 else None
    return session.get_one(Area, place_id) if place_id is not None else None


def _building_or_estate(session: Session, area: Area) -> int | None:
    if area.kind in (AreaKind.BUILDING, AreaKind.ESTATE):
        return area.id
    if area.kind == AreaKind.UNIT:
        return area.parent_id
    if area.kind != AreaKind.GRID:
        return None
    estates = session.scalars(
        select(Area.estate_id)
        .where(Area.grid_id == area.id, Area.kind == AreaKind.BUILDING)
        .distinct()
    ).all()
    return estates[0] if len(estates) == 1 else None
