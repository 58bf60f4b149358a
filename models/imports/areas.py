"""Sheets of areas, and of buildings with their units."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from config.policy import load
from models.imports.cells import Cells, CellUnfit
from models.imports.work import Verdict, Work
from models.places import Area, AreaKind, GridKind
from models.roster import areas
from models.roster.areas import AreaDetails


def take_area(work: Work, cells: Cells) -> Verdict:
    kind = AreaKind(cells["kind"])
    outer_kinds = load("roster")["within"].get(kind, ())
    if kind in areas.NUMBERED or not outer_kinds:
        raise CellUnfit(column="kind", why="other_sheet")
    outer = work.places.named(cells["outer"], outer_kinds)
    details = AreaDetails(
        name=cells["name"],
        nicknames=cells.get("nicknames") or (),
        grid_kind=GridKind(cells["grid_kind"]) if cells.get("grid_kind") else None,
        households=cells.get("households") or 0,
    )
    known = areas.named_in(work.session, kind, details, [outer])
    if known is not None:
        return _changed(work, known, details, cells)
    work.places.add(areas.add(work.session, kind, details, within=[outer], by=work.by, at=work.at))
    return Verdict.ADDED


def take_building(work: Work, cells: Cells) -> Verdict:
    """In its estate and grid; units that are missing up to their number are added, none removed."""
    outer = _outer_of(work, cells)
    number = cells["number"]
    if (cells.get("units") or 0) > areas.MOST_UNITS:
        raise CellUnfit(column="units", why="too_many", most=areas.MOST_UNITS)
    details = AreaDetails(
        name=cells.get("name") or areas.usual_name(AreaKind.BUILDING, number),
        number=number,
        households=cells.get("households") or 0,
    )
    known = areas.named_in(work.session, AreaKind.BUILDING, details, outer)
    if known is None:
        known = areas.add(
            work.session, AreaKind.BUILDING, details, within=outer, by=work.by, at=work.at
        )
        work.places.add(known)
        _add_units(work, known, cells.get("units") or 0)
        return Verdict.ADDED
    if any(known.grid_id != one.id for one in outer if one.kind == AreaKind.GRID):
        raise CellUnfit(column="grid", why="other_grid")
    changed = _changed(work, known, details, cells)
    units = _add_units(work, known, cells.get("units") or 0)
    return Verdict.CHANGED if units else changed


def _outer_of(work: Work, cells: Cells) -> Sequence[Area]:
    wanted = [
        work.places.named(cells[key], {kind})
        for key, kind in (("estate", AreaKind.ESTATE), ("grid", AreaKind.GRID))
        if cells.get(key)
    ]
    if not wanted:
        raise CellUnfit(column="estate", why="estate_or_grid")
    return wanted


def _changed(work: Work, known: Area, said: AreaDetails, cells: Cells) -> Verdict:
    """An empty cell leaves what is there."""
    details = areas.details_of(known)
    for name in ("name", "nicknames", "grid_kind", "households"):
        if cells.get(name):
            details = replace(details, **{name: getattr(said, name)})
    is_new = areas.change(work.session, known, details, by=work.by, at=work.at)
    return Verdict.CHANGED if is_new else Verdict.UNCHANGED


def _add_units(work: Work, building: Area, number: int) -> int:
    known = work.session.scalars(
        select(Area.number).where(Area.parent_id == building.id, Area.kind == AreaKind.UNIT)
    ).all()
    missing = [one for one in map(str, range(1, number + 1)) if one not in known]
    if missing:
        areas.add_units(work.session, building, missing, by=work.by, at=work.at)
    return len(missing)
