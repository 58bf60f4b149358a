"""What a report says: the figures of its period, whole and in parts, for one reader."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models.localtime import local
from models.metrics.cuts import AREAS, Axis
from models.metrics.figures import Scope, parts_by
from models.metrics.periods import Period
from models.metrics.sheet import Row, rows_of, sheet_of
from models.metrics.tally import Count
from models.places import Area
from models.reports.table import Edition, Report
from models.ticket_flow import Level
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
    others: tuple[Period, Period]  # the one before, and the one a year before
    whole: Row
    year_before: Row
    parts: Sequence[Part]
    trend: Part


def compose(session: Session, scope: Scope, edition: Edition) -> Composed:
    row = load("reports")["edition"][edition]
    area = session.get_one(Area, scope.area_id)
    periods = scope.period.compared(local(scope.now).date())
    place, trend = _axis(area, PLACE), Axis(row["trend"])
    axes = [_axis(area, name) for name in row["parts"]]
    found = parts_by(session, scope, dict.fromkeys([place, Axis.TEAM, *axes, trend]), periods)
    of_places = sheet_of(session, scope, place, found)
    rows = {axis: rows_of(found[axis]) for axis in (*axes, trend)} | {place: of_places.rows}
    return Composed(
        scope,
        periods[1:],
        of_places.whole,
        Row(sum(found[place][2].values(), Counter()), Counter()),
        [Part(axis, _told(axis, rows[axis])) for axis in axes],
        Part(trend, rows[trend]),
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
    """Of places also those where nothing was said; the busiest first, but levels by their rank
    and teams by what they have overdue."""
    if axis == Axis.LEVEL:
        return {level: rows[level] for level in map(str, Level) if level in rows}
    first = Count.OVERDUE if axis == Axis.TEAM else Count.OPENED
    ranked = sorted(rows.items(), key=lambda one: (-one[1].counts[first], -one[1].counts["opened"]))
    return {key: row for key, row in ranked if axis in AREAS or any(row.counts.values())}
