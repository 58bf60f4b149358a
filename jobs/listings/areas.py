"""The area tree as a sheet: households, who serves, and which posts nobody holds."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from jobs.listings import PAGE, Query, listing, word
from jobs.sheets import Value
from models.places import Area
from models.roster import rights, tree
from models.roster.rights import Right
from models.roster.tree import Branch
from models.tickets.asked import number_in


@listing("areas")
class Areas:
    """区域清单 — an area with all that lies within, as far as the reader serves it."""

    keys = ("area",)

    def count(
        self, session: Session, person_id: int, query: Query, now: datetime, most: int
    ) -> int:
        found = select(Area.id).where(*_where(session, person_id, query, now)).limit(most)
        return session.scalar(select(func.count()).select_from(found.subquery())) or 0

    def page(
        self, session: Session, person_id: int, query: Query, now: datetime, after: int
    ) -> tuple[Sequence[Sequence[Value]], int | None]:
        outer = aliased(Area)
        rows = session.execute(
            select(Area, outer.name)
            .outerjoin(outer, outer.id == Area.parent_id)
            .where(*_where(session, person_id, query, now), Area.id > after)
            .order_by(Area.id)
            .limit(PAGE)
        ).all()
        branches = tree.branches(session, [area for area, _ in rows], now)
        further = rows[-1][0].id if len(rows) == PAGE else None
        names = [name for _, name in rows]
        return [_cells(*one) for one in zip(branches, names, strict=True)], further


def _where(
    session: Session, person_id: int, query: Query, now: datetime
) -> list[ColumnElement[bool]]:
    places = rights.places_of(session, Right.STAFF, person_id, now)
    wanted = number_in(query.get("area", ""))
    narrowed = [] if wanted is None else [Area.id.in_(rights.inside([wanted]))]
    return [Area.id.in_(rights.inside(places)), *narrowed]


def _cells(branch: Branch, outer: str | None) -> Sequence[Value]:
    area = branch.area
    posts = [
        f"{word(one.department, 'department')}{word(one.role, 'role')} {one.name or ''}".strip()
        for one in branch.posts
    ]
    return (
        word(area.kind, "area_kind"),
        area.name,
        outer,
        "、".join(area.nicknames),
        branch.households,
        branch.buildings,
        "；".join(posts),
        "、".join(word(role, "role") for role in branch.gaps),
    )
