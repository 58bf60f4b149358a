"""What a report says: the figures of its period, whole and in parts, for one reader."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models.metrics.cuts import AREAS, Axis
from models.metrics.figures import Scope
from models.metrics.sheet import Row, sheet
from models.places import Area
from models.reports.table import Edition, Report
from models.tickets.sight import Sight
from models.tickets.table import Ticket

PLACE = "place"


@dataclass(frozen=True, slots=True)
class Part:
    """分表 — the figures told apart by one axis."""

    axis: Axis
    rows: Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class Topic:
    """话题 — a word that is said more than before, and the matters it is said of."""

    word: str
    tickets: Sequence[int]
    before: int


@dataclass(frozen=True, slots=True)
class Composed:
    """报告内容 — the whole, its parts in their order, and how it went over the days."""

    scope: Scope
    whole: Row
    parts: Sequence[Part]
    trend: Part


def compose(session: Session, scope: Scope, edition: Edition) -> Composed:
    row = load("reports")["edition"][edition]
    area = session.get_one(Area, scope.area_id)
    axes = [_axis(area, name) for name in row["parts"]]
    sheets = {axis: sheet(session, scope, axis) for axis in axes}
    trend = Axis(row["trend"])
    return Composed(
        scope,
        next(iter(sheets.values())).whole,
        [Part(axis, _told(axis, found.rows)) for axis, found in sheets.items()],
        Part(trend, sheet(session, scope, trend).rows),
    )


def topics_seen(session: Session, report: Report, sight: Sight) -> list[Topic]:
    """The topics with those of their matters that the reader may see now."""
    told = {number for topic in report.topics for number in topic["tickets"]}
    seen = set(
        session.scalars(select(Ticket.id).where(Ticket.id.in_(told), sight.condition()))
        if told
        else ()
    )
    left = (
        Topic(one["word"], [number for number in one["tickets"] if number in seen], one["before"])
        for one in report.topics
    )
    return [one for one in left if one.tickets]


def _axis(area: Area, name: str) -> Axis:
    return Axis(load("reports")["place"][area.kind] if name == PLACE else name)


def _told(axis: Axis, rows: Mapping[str, Row]) -> Mapping[str, Row]:
    """Of places also those where nothing was said; the busiest first, but levels by their rank."""
    if axis == Axis.LEVEL:
        return rows
    ranked = sorted(rows.items(), key=lambda one: -one[1].counts["opened"])
    return {key: row for key, row in ranked if axis in AREAS or any(row.counts.values())}
