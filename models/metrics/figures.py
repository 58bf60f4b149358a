"""Figures of an area and its periods, exact at any moment: the rollups and what still moves."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ColumnExpressionArgument,
    Date,
    Select,
    Subquery,
    and_,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from models.base import UtcDateTime
from models.metrics.cells import is_kept
from models.metrics.conditions import reported_at, terms
from models.metrics.counted import COLUMNS
from models.metrics.cuts import (
    AREAS,
    ELSEWHERE,
    PART,
    SPANS,
    Axis,
    ByArea,
    ByCategory,
    ByCompany,
    ByDay,
    ByLevel,
    ByTeam,
    ComplainedOf,
    Cut,
    parts_of,
)
from models.metrics.periods import Period, Span, holding
from models.metrics.table import KEPT, MetricDay
from models.metrics.tally import Count, Counts
from models.metrics.teams import held_by_one
from models.places import Area, AreaKind, inner_areas, root_area_id
from models.tickets.table import IS_OPEN, IS_TO_ROLL_UP, Ticket

COUNTS = tuple(Count)
Condition = ColumnExpressionArgument[bool]
Arm = tuple[int, list[Condition]]
"""How a ticket counts to which this applies: added, or taken out of what was rolled up."""

Parts = dict[str, Counts]
"""What a part is (an area's id, a category, a first day …) → its counts."""


@dataclass(frozen=True, slots=True)
class Scope:
    """统计范围 — which area, which days, as of when, and which tickets its reader never sees."""

    area_id: int
    period: Period
    now: datetime
    hidden: frozenset[int] = frozenset()


def total(session: Session, scope: Scope) -> Counts:
    return totals(session, scope, [scope.period])[0]


def totals(session: Session, scope: Scope, periods: Sequence[Period]) -> list[Counts]:
    found = spread(session, scope, Cut(scope.area_id), periods)
    return [one.get("", Counter()) for one in found]


def parts(
    session: Session, scope: Scope, axis: Axis, periods: Sequence[Period] = ()
) -> list[Parts]:
    """Of each period (or of the scope's own one) its parts, in their order."""
    periods = periods or [scope.period]
    found = spread(session, scope, cut_of(session, scope, axis), periods)
    if axis in SPANS:
        return [_by_span(one, Span(axis)) for one in found]
    if axis in AREAS:
        return _by_area(session, scope, AreaKind(axis), found)
    return [dict(sorted(one.items())) for one in found]


def cut_of(session: Session, scope: Scope, axis: Axis) -> Cut:
    if axis in SPANS:
        return ByDay(scope.area_id)
    if axis in AREAS:
        return ByArea(scope.area_id, AreaKind(axis))
    if axis == Axis.TEAM:
        return ByTeam(scope.area_id, held_by_one(session, scope.area_id))
    plain: Mapping[Axis, type[Cut]] = {
        Axis.CATEGORY: ByCategory,
        Axis.LEVEL: ByLevel,
        Axis.COMPANY: ByCompany,
        Axis.COMPLAINED_OF: ComplainedOf,
    }
    return plain[axis](scope.area_id)


def _by_span(days: Mapping[Any, Counts], span: Span) -> Parts:
    """By day, week (named by its Monday) or month."""
    found: Parts = {}
    for day in sorted(days):
        found.setdefault(holding(day, span).first.isoformat(), Counter()).update(days[day])
    return found


def _by_area(session: Session, scope: Scope, kind: AreaKind, found: Iterable[Parts]) -> list[Parts]:
    """All parts, also those with nothing, and what lies elsewhere: together they are the whole."""
    ids = session.scalars(parts_of(scope.area_id, kind).order_by(Area.id)).all()
    sheets = []
    for by_id in found:
        sheet = {str(area_id): by_id.get(str(area_id), Counter()) for area_id in ids}
        elsewhere = +by_id.get(ELSEWHERE, Counter())
        sheets.append(sheet | ({ELSEWHERE: elsewhere} if elsewhere else {}))
    return sheets


def spread(session: Session, scope: Scope, cut: Cut, periods: Sequence[Period]) -> list[Parts]:
    """Each period's parts: as rolled up, less what is hidden, and what still moves."""
    area, times = session.get_one(Area, scope.area_id), _times(periods)
    found: list[Parts] = [{} for _ in periods]
    seen = [Ticket.id.not_in(scope.hidden)] if scope.hidden else []
    arms: list[Arm] = [(1, [true(), *seen])]
    if is_kept(cut.kind or area.kind, cut.slice):
        _add(found, session.execute(_rolled(cut, times)), KEPT)
        for one in found:
            cut.settle(one)
        arms = [(1, [IS_OPEN, *seen]), (1, [IS_TO_ROLL_UP, *seen])]
        if scope.hidden:
            arms.append((-1, [Ticket.id.in_(scope.hidden), Ticket.is_rolled_up]))
    moving = _moving(session, area, arms)
    _add(found, session.execute(_counted(cut, moving, times, scope.now)), COUNTS)
    return [{part: counts for part, counts in one.items() if any(counts.values())} for one in found]


def _times(periods: Sequence[Period]) -> Subquery:
    rows = (
        select(
            literal(number).label("number"),
            literal(one.first, Date()).label("first_day"),
            literal(one.last, Date()).label("last_day"),
            literal(one.since, UtcDateTime()).label("since"),
            literal(one.until, UtcDateTime()).label("until"),
        )
        for number, one in enumerate(periods)
    )
    return union_all(*rows).subquery("times")


def _rolled(cut: Cut, times: Subquery) -> Select[Any]:
    day = MetricDay.__table__.c.day
    sums = (func.sum(getattr(MetricDay, one)) for one in KEPT)
    rows = cut.rolled().join(times, day.between(times.c.first_day, times.c.last_day))
    return rows.add_columns(times.c.number, *sums).group_by(times.c.number, PART)


def _counted(cut: Cut, tickets: Subquery, times: Subquery, now: datetime) -> Select[Any]:
    of = tickets.c
    is_then = and_(of.reported >= times.c.since, of.reported < times.c.until)
    sums = (func.sum(one * of.sign) for one in terms(of, now).values())
    rows = cut.of_tickets(of, of.place).join(times, is_then)
    return rows.add_columns(times.c.number, *sums).group_by(times.c.number, PART)


def _moving(session: Session, area: Area, arms: Sequence[Arm]) -> Subquery:
    """Tickets of the area; those without a place only where it is the whole house.

    Each arm is a statement of its own, so that each finds its index.
    """
    place = place_of(session)
    near = in_community(area)
    columns = (*COLUMNS, place.label("place"), reported_at(Ticket).label("reported"))
    inside = place.in_(inner_areas(area.id))
    rows = (
        select(*columns, literal(sign).label("sign")).where(*one, *near, inside)
        for sign, one in arms
    )
    return union_all(*rows).subquery("moving")


def in_community(area: Area) -> list[Condition]:
    """What the indexes of open tickets know of an area; nothing of one above communities."""
    community_id = area.id if area.kind == AreaKind.COMMUNITY else area.community_id
    return [] if community_id is None else [Ticket.community_id == community_id]


def place_of(session: Session) -> ColumnElement[int]:
    return func.coalesce(Ticket.area_id, root_area_id(session) or 0)


def _add(found: list[Parts], rows: Iterable[Any], names: Sequence[str]) -> None:
    for part, number, *numbers in rows:
        counts = found[number].setdefault(part, Counter())
        for name, one in zip(names, numbers, strict=True):
            counts[name] += one
