"""The area tree as a page shows it: one area, what lies directly in it, households, posts, gaps."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from config.policy import load
from models.metrics.households import households_of
from models.people import Person
from models.places import Area, AreaKind, AreaWithin, GridKind
from models.posts import Post, Role, is_held
from models.tickets.sight import Sight
from models.tickets.table import IS_OPEN, Ticket

ORDER = tuple(AreaKind)


@dataclass(frozen=True, slots=True)
class Held:
    """在任 — a post somebody holds, as a line of the tree."""

    post_id: int
    area_id: int
    role: Role
    department: str | None
    person_id: int
    name: str | None
    duty_phone: str | None


@dataclass(frozen=True, slots=True)
class Branch:
    """一枝 — an area with its households, who serves it, and which posts nobody holds."""

    area: Area
    households: int
    buildings: int
    posts: tuple[Held, ...]
    gaps: tuple[str, ...]
    gaps_inside: int  # buildings within that have no head


def path_to(session: Session, area: Area, places: Collection[int]) -> Sequence[Area]:
    """The areas around this one that lie inside the reader's, the outermost first."""
    reach = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(places))
    found = session.scalars(
        select(Area)
        .join(AreaWithin, AreaWithin.outer_id == Area.id)
        .where(AreaWithin.area_id == area.id, Area.id.in_(reach), Area.id != area.id)
    )
    return sorted(found, key=lambda one: (ORDER.index(one.kind), one.id))


def children(session: Session, area: Area) -> Sequence[Area]:
    """What lies directly in it; of a grid its buildings, whatever estate they belong to."""
    condition = or_(
        Area.parent_id == area.id,
        and_(Area.grid_id == area.id, Area.kind == AreaKind.BUILDING),
        and_(Area.estate_id == area.id, Area.kind == AreaKind.BUILDING),
    )
    found = session.scalars(select(Area).where(condition, Area.id != area.id))
    return sorted(found, key=lambda one: (ORDER.index(one.kind), in_order(one)))


def branches(session: Session, areas: Sequence[Area], now: datetime) -> list[Branch]:
    ids = [one.id for one in areas]
    households = households_of(session, ids)
    buildings, without_head = _buildings(session, ids, now)
    held = _held(session, ids, now)
    return [
        Branch(
            one,
            int(households.get(one.id, 0)),
            buildings.get(one.id, 0),
            tuple(held[one.id]),
            gaps(one, held[one.id]),
            without_head.get(one.id, 0),
        )
        for one in areas
    ]


def gaps(area: Area, posts: Collection[Held]) -> tuple[str, ...]:
    """Roles that this kind of area should have and nobody holds."""
    expected: Sequence[str] = load("roster")["expected"].get(area.kind, ())
    if area.grid_kind == GridKind.EXCLUSIVE:
        expected = [role for role in expected if role == Role.GRID_WORKER]
    held = {one.role for one in posts}
    return tuple(role for role in expected if role not in held)


def open_by_building(session: Session, sight: Sight, buildings: Collection[int]) -> dict[int, int]:
    """Building → open matters in it that this desk sees: as many as its list has."""
    inside = session.execute(
        select(AreaWithin.area_id, AreaWithin.outer_id).where(AreaWithin.outer_id.in_(buildings))
    ).all()
    # Counted by their own place first: joined to the tree, each ticket would be looked at anew.
    rows = session.execute(
        select(Ticket.area_id, func.count())
        .where(Ticket.area_id.in_([area_id for area_id, _ in inside]), IS_OPEN, sight.condition())
        .group_by(Ticket.area_id)
    ).all()
    numbers = {row[0]: row[1] for row in rows}
    found: dict[int, int] = defaultdict(int)
    for area_id, outer_id in inside:
        found[outer_id] += numbers.get(area_id, 0)
    return found


def in_order(area: Area) -> tuple[int, str, int]:
    """2号楼 before 10号楼."""
    digits = "".join(one for one in area.number or "" if one.isascii() and one.isdigit())
    return (int(digits) if digits else 0, area.name, area.id)


def _buildings(
    session: Session, ids: Collection[int], now: datetime
) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """Of each area the buildings within, and how many of them have no head."""
    head = (
        select(Post.id)
        .where(Post.area_id == Area.id, Post.role == Role.BUILDING_HEAD, is_held(now))
        .exists()
    )
    rows = session.execute(
        select(AreaWithin.outer_id, func.count(), func.count().filter(~head))
        .join(Area, Area.id == AreaWithin.area_id)
        .where(
            AreaWithin.outer_id.in_(ids),
            Area.kind == AreaKind.BUILDING,
            Area.id != AreaWithin.outer_id,
        )
        .group_by(AreaWithin.outer_id)
    ).all()
    return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}


def _held(session: Session, ids: Collection[int], now: datetime) -> Mapping[int, list[Held]]:
    rows = session.execute(
        select(
            Post.id,
            Post.area_id,
            Post.role,
            Post.department,
            Post.person_id,
            Person.name,
            Post.duty_phone,
        )
        .join(Person, Person.id == Post.person_id)
        .where(Post.area_id.in_(ids), is_held(now))
        .order_by(Post.role, Post.id)
    )
    found: dict[int, list[Held]] = defaultdict(list)
    for row in rows:
        found[row[1]].append(Held(*row))
    return found
