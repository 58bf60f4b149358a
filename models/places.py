"""The area tree: district, subdistrict, community, estate, grid, building and below."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    String,
    bindparam,
    insert,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.reference import looked_up
from models.statements import Statement


class AreaKind(StrEnum):
    DISTRICT = "district"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    ESTATE = "estate"
    GRID = "grid"
    COURTYARD = "courtyard"
    BUILDING = "building"
    UNIT = "unit"
    HOUSEHOLD = "household"


class GridKind(StrEnum):
    RESIDENTIAL = "residential"
    EXCLUSIVE = "exclusive"


class Area(Base):
    """区域 — one place of the tree. A building lies in a grid and, mostly, in an estate."""

    __tablename__ = "areas"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AreaKind]
    name: Mapped[str]
    number: Mapped[str | None]  # "3" of 3号楼, "2" of 2单元, "501" of a household
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    estate_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    community_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    grid_kind: Mapped[GridKind | None]
    nicknames: Mapped[list[Any]] = mapped_column(server_default="[]")
    scene: Mapped[str | None] = mapped_column(unique=True)  # of the QR code on its door
    households: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (
        Index("ix_areas_estate_number", "estate_id", "kind", "number"),
        CheckConstraint("(kind = 'grid') = (grid_kind IS NOT NULL)", name="grid_has_kind"),
    )


class AreaWithin(Base):
    """区域从属 — `area` lies within `outer`, itself included. One row a pair, made once."""

    __tablename__ = "area_within"

    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), primary_key=True)
    outer_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), primary_key=True, index=True)


def add_area(
    session: Session,
    kind: AreaKind,
    name: str,
    *,
    within: Iterable[Area] = (),
    number: str | None = None,
    grid_kind: GridKind | None = None,
    nicknames: Iterable[str] = (),
    scene: str | None = None,
    households: int = 0,
) -> Area:
    """A new area. `within` names its direct outer areas (estate and grid for a building)."""
    outer = list(within)
    area = Area(
        kind=kind,
        name=name,
        number=number,
        grid_kind=grid_kind,
        nicknames=list(nicknames),
        scene=scene,
        households=households,
        parent_id=outer[0].id if outer else None,
    )
    for parent in outer:
        area.estate_id = area.estate_id or _own_or(parent, AreaKind.ESTATE, parent.estate_id)
        area.grid_id = area.grid_id or _own_or(parent, AreaKind.GRID, parent.grid_id)
        area.community_id = area.community_id or _own_or(
            parent, AreaKind.COMMUNITY, parent.community_id
        )
    session.add(area)
    session.flush()
    outer_ids = {area.id}
    for parent in outer:
        outer_ids.update(outer_areas(session, parent.id))
    session.execute(
        insert(AreaWithin), [{"area_id": area.id, "outer_id": one} for one in sorted(outer_ids)]
    )
    return area


def _own_or(area: Area, kind: AreaKind, inherited: int | None) -> int | None:
    return area.id if area.kind == kind else inherited


def outer_areas(session: Session, area_id: int) -> list[int]:
    """Ids of the areas this one lies within, itself included."""
    return list(session.scalars(select(AreaWithin.outer_id).where(AreaWithin.area_id == area_id)))


def inner_areas(area_id: int) -> Select[int]:
    """Selects the ids of the areas that lie within this one, itself included."""
    return select(AreaWithin.area_id).where(AreaWithin.outer_id == area_id)


_BUILDING = Statement(
    select(Area.id, Area.name, Area.community_id)
    .where(
        Area.estate_id == bindparam("estate_id", required=True),
        Area.kind == AreaKind.BUILDING,
        Area.number == bindparam("number", required=True),
    )
    .order_by(Area.id)
)


def building_in(
    session: Session, estate_id: int, number: str
) -> tuple[int, str, int | None] | None:
    """Id, name and community of a building of an estate by its number."""
    row = _BUILDING.first(session, estate_id=estate_id, number=number)
    return (row[0], row[1], row[2]) if row else None


_ESTATE = Statement(
    select(Area.id, Area.name)
    .where(
        Area.kind == AreaKind.ESTATE, Area.name == bindparam("name", type_=String(), required=True)
    )
    .order_by(Area.id)
)


def estate_named(session: Session, name: str) -> tuple[int, str] | None:
    """Id and name of an estate by its canonical name."""
    row = _ESTATE.first(session, name=name)
    return (row[0], row[1]) if row else None


_ROOT = Statement(select(Area.id).where(Area.parent_id.is_(None)).order_by(Area.id).limit(1))


def root_area_id(session: Session) -> int | None:
    """The area that holds all others, or None in an empty house."""
    row = looked_up(session, root_area_id, lambda: _ROOT.first(session))
    return row[0] if row else None


def estate_names(session: Session) -> dict[str, str]:
    """Every name and nickname of an estate → its name."""
    rows = session.execute(select(Area.name, Area.nicknames).where(Area.kind == AreaKind.ESTATE))
    return {called: name for name, nicknames in rows for called in (name, *nicknames)}


def estates(session: Session, limit: int) -> list[tuple[int, str]]:
    """Id and name, in the order of their names."""
    rows = session.execute(
        select(Area.id, Area.name)
        .where(Area.kind == AreaKind.ESTATE)
        .order_by(Area.name)
        .limit(limit)
    )
    return [(area_id, name) for area_id, name in rows]


def listed_in(session: Session, outer_id: int, kind: AreaKind) -> list[tuple[int, str]]:
    """Id and name of what of this kind lies within, in the order of house numbers."""
    rows = session.execute(
        select(Area.id, Area.name, Area.number)
        .where(Area.id.in_(inner_areas(outer_id)), Area.kind == kind)
        .order_by(Area.id)
    ).all()
    numbered = sorted(rows, key=lambda row: (len(row[2] or ""), row[2] or ""))
    return [(area_id, name) for area_id, name, _ in numbered]


def full_name(session: Session, area_id: int) -> str:
    """Estate and building (and unit, room) as people say it."""
    area = session.get_one(Area, area_id)
    parts = [area.name]
    while area.kind in (AreaKind.UNIT, AreaKind.HOUSEHOLD) and area.parent_id:
        area = session.get_one(Area, area.parent_id)
        parts.append(area.name)
    if area.kind == AreaKind.BUILDING and area.estate_id:
        parts.append(session.get_one(Area, area.estate_id).name)
    return "".join(reversed(parts))
