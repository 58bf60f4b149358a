"""What staff do with the area tree: add an area, and change its name, other names, households."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import and_, delete, insert, select
from sqlalchemy.orm import Session

from config.policy import load
from models import events
from models.errors import AlreadyDone, DomainError
from models.events import Fact
from models.places import Area, AreaKind, AreaWithin, GridKind, add_area, inner_areas, outer_areas
from models.roster import rights
from models.roster.rights import Right

LONGEST_NAME = 40
MOST_HOUSEHOLDS = 100_000
MOST_UNITS = 30
NUMBERED = frozenset({AreaKind.BUILDING, AreaKind.UNIT})


class AreaUnfit(DomainError):
    """What was said of an area can not be so; `field` and `why` tell what."""

    template = "area_unfit"


@dataclass(frozen=True, slots=True)
class AreaDetails:
    """区域资料 — what may be said of an area. Of a building and a unit the number is said."""

    name: str
    number: str | None = None
    nicknames: tuple[str, ...] = ()
    grid_kind: GridKind | None = None
    households: int = 0


def add(
    session: Session,
    kind: AreaKind,
    details: AreaDetails,
    *,
    within: Sequence[Area],
    by: int,
    at: datetime,
) -> Area:
    """A new area in areas that `by` keeps. Raises NotAllowed, AreaUnfit, AlreadyDone."""
    _check_place(kind, within)
    for outer in within:
        rights.require(session, Right.AREAS, outer.id, by, at)
    check(kind, details)
    if named_in(session, kind, details, within) is not None:
        raise AlreadyDone(number=details.name)
    area = add_area(
        session,
        kind,
        details.name,
        within=within,
        number=details.number,
        grid_kind=details.grid_kind,
        nicknames=details.nicknames,
        households=details.households,
    )
    events.record(session, _fact(area, "area_added", by, at, None, details))
    return area


def add_units(
    session: Session, building: Area, numbers: Sequence[str], *, by: int, at: datetime
) -> None:
    """Units of one building, all at once, in one event: a sheet has hundreds."""
    rights.require(session, Right.AREAS, building.id, by, at)
    units = [
        Area(
            kind=AreaKind.UNIT,
            name=usual_name(AreaKind.UNIT, number),
            number=number,
            parent_id=building.id,
            estate_id=building.estate_id,
            grid_id=building.grid_id,
            community_id=building.community_id,
            nicknames=[],
            households=0,
        )
        for number in numbers
    ]
    session.add_all(units)
    session.flush()
    around = outer_areas(session, building.id)
    session.execute(
        insert(AreaWithin),
        [{"area_id": one.id, "outer_id": outer} for one in units for outer in (one.id, *around)],
    )
    fact = _fact(building, "units_added", by, at, None, details_of(building))
    events.record(session, replace(fact, detail={"numbers": list(numbers)}))


def change(session: Session, area: Area, details: AreaDetails, *, by: int, at: datetime) -> bool:
    """False when it says nothing new. Raises NotAllowed, AreaUnfit, AlreadyDone."""
    rights.require(session, Right.AREAS, area.id, by, at)
    check(area.kind, details)
    before = details_of(area)
    if details == before:
        return False
    around = session.scalars(
        select(Area).where(Area.id.in_([area.parent_id, area.estate_id, area.grid_id]))
    ).all()
    other = named_in(session, area.kind, details, [one for one in around if one.id != area.id])
    if other is not None and other.id != area.id:
        raise AlreadyDone(number=details.name)
    area.name, area.number = details.name, details.number
    area.nicknames, area.households = list(details.nicknames), details.households
    area.grid_kind = details.grid_kind
    events.record(session, _fact(area, "area_changed", by, at, before, details))
    return True


def move_to_grid(session: Session, building: Area, grid: Area, *, by: int, at: datetime) -> bool:
    """A building with its units goes to another grid of its community; False when it is there.

    Raises NotAllowed, and AreaUnfit for what is no building and no grid of the same community.
    """
    for one in (building, grid):
        rights.require(session, Right.AREAS, one.id, by, at)
    is_fit = building.kind == AreaKind.BUILDING and grid.kind == AreaKind.GRID
    if not is_fit or building.community_id != grid.community_id:
        raise AreaUnfit(field="communities")
    if building.grid_id == grid.id:
        return False
    before = building.grid_id
    moved = session.scalars(select(Area).where(Area.id.in_(inner_areas(building.id)))).all()
    ids = [one.id for one in moved]
    session.execute(
        delete(AreaWithin).where(AreaWithin.area_id.in_(ids), AreaWithin.outer_id == before)
    )
    for one in moved:
        one.grid_id = grid.id
        if one.parent_id == before:
            one.parent_id = grid.id  # of an estate it has none
    session.execute(insert(AreaWithin), [{"area_id": one, "outer_id": grid.id} for one in ids])
    told = _fact(building, "area_moved", by, at, details_of(building), details_of(building))
    events.record(session, replace(told, detail={"grid": [before, grid.id]}))
    return True


def details_of(area: Area) -> AreaDetails:
    return AreaDetails(
        area.name, area.number, tuple(area.nicknames), area.grid_kind, area.households
    )


def check(kind: AreaKind, details: AreaDetails) -> None:
    """Raises AreaUnfit for the first thing that can not be so."""
    if not 0 < len(details.name.strip()) <= LONGEST_NAME:
        raise AreaUnfit(field="name", most=LONGEST_NAME)
    if kind in NUMBERED and not details.number:
        raise AreaUnfit(field="number")
    if (kind == AreaKind.GRID) != (details.grid_kind is not None):
        raise AreaUnfit(field="grid_kind")
    if not 0 <= details.households <= MOST_HOUSEHOLDS:
        raise AreaUnfit(field="households", most=MOST_HOUSEHOLDS)


def usual_name(kind: AreaKind, number: str | None) -> str:
    """3号楼, where only the number was said."""
    usual: str = load("roster")["names"].get(kind, "")
    return usual.format(number) if number else ""


def named_in(
    session: Session, kind: AreaKind, details: AreaDetails, within: Sequence[Area]
) -> Area | None:
    """The area of this kind and name (or number, where it has one) that lies there already."""
    same = Area.number == details.number if kind in NUMBERED else Area.name == details.name
    kinds = {outer.kind: outer.id for outer in within}
    if AreaKind.ESTATE in kinds:
        there = Area.estate_id == kinds[AreaKind.ESTATE]
    elif AreaKind.GRID in kinds:  # a number is unique in its estate; where there is none, here
        there = and_(Area.grid_id == kinds[AreaKind.GRID], Area.estate_id.is_(None))
    else:
        there = Area.parent_id.in_(kinds.values())
    return session.scalars(select(Area).where(there, Area.kind == kind, same).limit(1)).first()


def _check_place(kind: AreaKind, within: Sequence[Area]) -> None:
    allowed = load("roster")["within"].get(kind, ())
    kinds = [outer.kind for outer in within]
    if not kinds or len(set(kinds)) < len(kinds) or any(one not in allowed for one in kinds):
        raise AreaUnfit(field="within")
    communities = {outer.community_id for outer in within if kind == AreaKind.BUILDING}
    if len(communities) > 1:
        raise AreaUnfit(field="communities")


def _fact(
    area: Area,
    verb: str,
    by: int,
    at: datetime,
    before: AreaDetails | None,
    after: AreaDetails,
) -> Fact:
    changed: dict[str, list[object]] = {}
    for name in ("number", "nicknames", "grid_kind", "households"):
        old, new = getattr(before, name, None), getattr(after, name)
        if old != new:
            changed[name] = [_plain(old), _plain(new)]
    return Fact(
        verb=verb,
        subject_kind="area",
        subject_id=area.id,
        at=at,
        actor_id=by,
        old=before.name if before else None,
        new=after.name,
        area_id=area.id,
        detail={"kind": area.kind.value, **changed},
    )


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
