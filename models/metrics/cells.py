"""Where a ticket is counted: in every area around it, as a whole and by its parts."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models.metrics.counted import CountedTicket
from models.metrics.table import Slice
from models.places import Area, AreaKind, AreaWithin, root_area_id
from models.posts import Post

# A day of a single building is too little to keep; its tickets are counted when asked for.
ROLLED_KINDS = frozenset(
    {
        *(AreaKind.DISTRICT, AreaKind.SUBDISTRICT, AreaKind.COMMUNITY),
        *(AreaKind.ESTATE, AreaKind.GRID, AreaKind.COURTYARD),
    }
)
NOBODY = "nobody"


class Cell(NamedTuple):
    """统计单元 — one area, slice, day and key."""

    area_id: int
    slice: Slice
    day: date
    key: str


@dataclass(frozen=True, slots=True)
class Map:
    """归属 — the areas around each place, and the team of each post."""

    outer: Mapping[int, Collection[int]]
    teams: Mapping[int, str]
    root: int
    slices: Collection[Slice] = tuple(Slice)

    def cells(self, one: CountedTicket) -> Iterator[Cell]:
        """A matter whose place is unknown belongs to the whole house."""
        team = self.teams.get(one.owner_post_id, NOBODY) if one.owner_post_id else NOBODY
        keys = {
            Slice.TOTAL: "",
            Slice.CATEGORY: one.category,
            Slice.LEVEL: str(one.level),
            Slice.TEAM: team,
        }
        day = one.day
        for area_id in self.outer.get(one.area_id or self.root, ()):
            for slice_ in self.slices:
                yield Cell(area_id, slice_, day, keys[slice_])


def rolled_map(session: Session, tickets: Iterable[CountedTicket]) -> Map:
    """Of these tickets, and of the kinds of areas that are rolled up."""
    root = root_area_id(session) or 0
    places = {one.area_id or root for one in tickets}
    pairs = (
        select(AreaWithin.area_id, AreaWithin.outer_id)
        .join(Area, Area.id == AreaWithin.outer_id)
        .where(AreaWithin.area_id.in_(places), Area.kind.in_(ROLLED_KINDS))
    )
    return Map(_outer(session, pairs), teams(session), root)


def map_within(session: Session, area_ids: Collection[int], slices: Collection[Slice]) -> Map:
    """Of every place, but only with these areas around it."""
    pairs = select(AreaWithin.area_id, AreaWithin.outer_id).where(AreaWithin.outer_id.in_(area_ids))
    return Map(_outer(session, pairs), teams(session), root_area_id(session) or 0, slices)


def _outer(session: Session, pairs: Select[int, int]) -> dict[int, list[int]]:
    outer: dict[int, list[int]] = {}
    for area_id, outer_id in session.execute(pairs):
        outer.setdefault(area_id, []).append(outer_id)
    return outer


def teams(session: Session) -> dict[int, str]:
    """Post → its role, and of a liaison the department."""
    rows = session.execute(select(Post.id, Post.role, Post.department))
    return {
        post_id: f"{role}:{department}" if department else str(role)
        for post_id, role, department in rows
    }
