"""Where a ticket is counted: in every area around it, as a whole and by its parts."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.metrics.counted import CountedTicket
from models.metrics.table import Slice
from models.places import Area, AreaKind, AreaWithin, root_area_id
from models.posts import Post

ROLLED_KINDS = frozenset(
    {
        *(AreaKind.DISTRICT, AreaKind.SUBDISTRICT, AreaKind.COMMUNITY),
        *(AreaKind.ESTATE, AreaKind.GRID, AreaKind.COURTYARD),
    }
)
# A building is one row of its community's sheet; what it is made of is counted when asked for.
UNDIVIDED_KINDS = frozenset({AreaKind.BUILDING})
NOBODY = "nobody"


class Cell(NamedTuple):
    """统计单元 — one area, slice, day and key."""

    area_id: int
    slice: Slice
    day: date
    key: str


@dataclass(frozen=True, slots=True)
class Map:
    """归属 — the areas around each place with their kinds, and the team of each post."""

    outer: Mapping[int, Collection[tuple[int, AreaKind]]]
    teams: Mapping[int, str]
    root: int

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
        for area_id, kind in self.outer.get(one.area_id or self.root, ()):
            for slice_, key in keys.items():
                if is_kept(kind, slice_):
                    yield Cell(area_id, slice_, day, key)


def is_kept(kind: AreaKind, slice_: Slice) -> bool:
    """Whether the days of such areas are rolled up by this slice."""
    return kind in ROLLED_KINDS or (kind in UNDIVIDED_KINDS and slice_ == Slice.TOTAL)


def rolled_map(session: Session, tickets: Iterable[CountedTicket]) -> Map:
    """Of these tickets, and of the kinds of areas that are rolled up."""
    root = root_area_id(session) or 0
    rows = session.execute(
        select(AreaWithin.area_id, AreaWithin.outer_id, Area.kind)
        .join(Area, Area.id == AreaWithin.outer_id)
        .where(
            AreaWithin.area_id.in_({one.area_id or root for one in tickets}),
            Area.kind.in_(ROLLED_KINDS | UNDIVIDED_KINDS),
        )
    )
    outer: dict[int, list[tuple[int, AreaKind]]] = {}
    for area_id, outer_id, kind in rows:
        outer.setdefault(area_id, []).append((outer_id, kind))
    return Map(outer, teams(session), root)


def teams(session: Session) -> dict[int, str]:
    """Post → its role, and of a liaison the department."""
    rows = session.execute(select(Post.id, Post.role, Post.department))
    return {
        post_id: f"{role}:{department}" if department else str(role)
        for post_id, role, department in rows
    }
