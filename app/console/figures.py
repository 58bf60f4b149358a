"""The three rates of an area and a period, and the list behind each number."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.figures_asked import Asked, asked_of, behind_of
from app.console.rendering import render
from app.figure_labels import labels_of
from config.policy import load
from models.metrics.cuts import AREAS, SPANS, Axis
from models.metrics.lists import listed, number
from models.metrics.periods import Span, holding
from models.metrics.rates import SHARES
from models.metrics.sheet import Row, sheet
from models.metrics.tally import Count
from models.places import Area, AreaKind, AreaWithin

INSIDE = {
    AreaKind.DISTRICT: (Axis.SUBDISTRICT, Axis.COMMUNITY),
    AreaKind.SUBDISTRICT: (Axis.COMMUNITY, Axis.ESTATE),
    AreaKind.COMMUNITY: (Axis.GRID, Axis.ESTATE, Axis.BUILDING),
    AreaKind.ESTATE: (Axis.BUILDING,),
    AreaKind.GRID: (Axis.BUILDING,),
    AreaKind.COURTYARD: (Axis.BUILDING,),
}
ALWAYS = (Axis.CATEGORY, Axis.TEAM, Axis.LEVEL, Axis.MONTH, Axis.WEEK, Axis.DAY)
OF_COMPANIES = (Axis.COMPANY, Axis.COMPLAINED_OF)


@dataclass(frozen=True, slots=True)
class Line:
    """表中一行 — a row with its name, and the address of what its numbers are made of."""

    name: str
    row: Row
    address: str  # of a list, up to what is counted
    area_id: int | None = None
    first: date | None = None

    def sum(self, counts: Iterable[Count]) -> int:
        return sum(self.row.counts[one] for one in counts)


@page("/figures")
def figures(desk: Desk) -> Any:
    with desk.reading() as session:
        asked = asked_of(session, desk, request.args)
        found = sheet(session, asked.scope, asked.axis)
        return render(
            "figures.html",
            asked=asked,
            whole=Line("", found.whole, _address(asked.address)),
            lines=list(_lines(session, asked, found.rows)),
            axes=axes_of(asked.area),
            around=_around(session, asked),
            shares=SHARES,
            fewest=load("metrics")["fewest_ratings"],
        )


@page("/figures/list")
def figures_list(desk: Desk) -> Any:
    with desk.reading() as session:
        asked = asked_of(session, desk, request.args)
        behind = behind_of(request.args)
        below = request.args.get("below", type=int)
        name = labels_of(session, behind.axis, [behind.part]).get(behind.part, "")
        return render(
            "figures_list.html",
            asked=asked,
            behind=behind,
            part_name=name,
            number=number(session, asked.scope, behind),
            listed=listed(session, asked.scope, behind, below),
            here=request.args.to_dict(),
        )


def axes_of(area: Area) -> tuple[Axis, ...]:
    """What the figures of such an area can be told apart by."""
    inside = INSIDE.get(area.kind, ())
    companies = OF_COMPANIES if area.kind in INSIDE and area.kind != AreaKind.GRID else ()
    return (*inside, *ALWAYS[:3], *companies, *ALWAYS[3:])


def _lines(session: Session, asked: Asked, rows: Mapping[str, Row]) -> Iterator[Line]:
    names = labels_of(session, asked.axis, rows)
    for key, row in rows.items():
        if asked.axis in SPANS:
            first = date.fromisoformat(key)
            span = holding(first, Span(asked.axis))
            yield Line("", row, _address(asked.within(span)), first=first)
        else:
            area_id = int(key) if asked.axis in AREAS and key.isdecimal() else None
            address = _address({**asked.address, "by": str(asked.axis), "part": key})
            yield Line(names.get(key, key), row, address, area_id)


def _address(query: Mapping[str, str]) -> str:
    """Once a row: a page of all buildings has a thousand links."""
    return url_for("console.figures_list", **query)


def _around(session: Session, asked: Asked) -> list[Area]:
    """The areas on the way to this one that the reader supervises as well, and their others."""
    mine = [one.id for one in asked.mine]
    outer = select(AreaWithin.outer_id).where(AreaWithin.area_id == asked.area.id)
    seen = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(mine))
    on_the_way = session.scalars(select(Area).where(Area.id.in_(outer), Area.id.in_(seen)))
    found = {one.id: one for one in [*asked.mine, *on_the_way] if one.id != asked.area.id}
    order = list(AreaKind)
    return sorted(found.values(), key=lambda one: (order.index(one.kind), one.id))
