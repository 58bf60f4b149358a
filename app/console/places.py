"""What a desk may choose from: places it supervises, and paid posts that serve them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.people import Person
from models.places import Area, AreaKind, AreaWithin
from models.posts import PAID, Post, is_held
from models.tickets.sight import Sight

WIDE = (AreaKind.COMMUNITY, AreaKind.ESTATE, AreaKind.GRID)
MOST = 400


@dataclass(frozen=True, slots=True)
class Place:
    """可选地点 — one line of the list of places, with what it lies under."""

    area_id: int
    kind: AreaKind
    name: str
    is_chosen: bool


def choices(session: Session, places: Collection[int], chosen: int | None) -> list[Place]:
    """Communities, estates and grids in these; of the one that is chosen its buildings, too."""
    if not places:
        return []
    within = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(places))
    of_chosen = or_(Area.estate_id == chosen, Area.grid_id == chosen, Area.id == chosen)
    wanted = or_(Area.kind.in_(WIDE), (Area.kind == AreaKind.BUILDING) & of_chosen)
    rows = session.execute(
        select(Area.id, Area.kind, Area.name)
        .where(Area.id.in_(within), wanted)
        .order_by(Area.community_id, Area.kind, Area.id)
        .limit(MOST)
    )
    return [Place(area_id, kind, name, area_id == chosen) for area_id, kind, name in rows]


def paid_posts(session: Session, sight: Sight, now: datetime) -> Sequence[tuple[int, str, str]]:
    """Id, role and holder of every paid post inside or around; whom one may hand work to."""
    if not sight.places:
        return []
    inside = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(sight.places))
    around = select(AreaWithin.outer_id).where(AreaWithin.area_id.in_(sight.places))
    rows = session.execute(
        select(Post.id, Post.role, Person.name)
        .join(Person, Person.id == Post.person_id)
        .where(Post.role.in_(PAID), is_held(now), Post.area_id.in_(inside.union(around)))
        .order_by(Post.role, Post.id)
        .limit(MOST)
    )
    return [(post_id, role, name or "") for post_id, role, name in rows]
