"""Areas as a sheet names them, among those that whoever brings it may change or fill."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.imports.cells import CellUnfit
from models.places import Area, AreaKind
from models.roster import rights

NAMED = frozenset(AreaKind) - {AreaKind.BUILDING, AreaKind.UNIT, AreaKind.HOUSEHOLD}


class Places:
    """地名 — every area that is called by a name, and buildings and units by their numbers."""

    def __init__(self, session: Session, places: Collection[int]) -> None:
        self._session = session
        self._named: dict[str, list[Area]] = defaultdict(list)
        self._numbered: dict[tuple[int, AreaKind, str], Area | None] = {}
        self._reach = set(session.scalars(rights.inside(places)))
        found = session.scalars(select(Area).where(Area.kind.in_(NAMED)).order_by(Area.id))
        for area in found:
            if area.id in self._reach:
                self.add(area)

    def add(self, area: Area) -> None:
        """It was made by a row above."""
        self._reach.add(area.id)
        if area.kind in NAMED:
            for name in {area.name, *area.nicknames}:
                self._named[name].append(area)
        if area.kind in (AreaKind.BUILDING, AreaKind.UNIT):
            for outer_id in (area.estate_id, area.grid_id, area.parent_id):
                self._numbered.pop((outer_id or 0, area.kind, area.number or ""), None)

    def named(self, name: str, kinds: Collection[str]) -> Area:
        """Raises CellUnfit for none and for several."""
        fitting = [one for one in self._named[name] if one.kind in kinds]
        if not fitting:
            raise CellUnfit(why="unknown_area", area=name)
        if len(fitting) > 1:
            raise CellUnfit(why="several_areas", area=name)
        return fitting[0]

    def numbered(self, outer: Area, kind: AreaKind, number: str) -> Area:
        """A building of an estate or a grid, a unit of a building. Raises CellUnfit."""
        found = self.find_numbered(outer, kind, number)
        if found is None or found.id not in self._reach:
            raise CellUnfit(why="unknown_number", area=outer.name, number=number)
        return found

    def find_numbered(self, outer: Area, kind: AreaKind, number: str) -> Area | None:
        key = (outer.id, kind, number)
        if key not in self._numbered:
            column = {AreaKind.ESTATE: Area.estate_id, AreaKind.GRID: Area.grid_id}.get(
                outer.kind, Area.parent_id
            )
            self._numbered[key] = self._session.scalars(
                select(Area)
                .where(column == outer.id, Area.kind == kind, Area.number == number)
                .order_by(Area.id)
                .limit(1)
            ).first()
        return self._numbered[key]
