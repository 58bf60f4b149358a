"""Figures of an area and its periods, exact at any moment: the rollups and what still moves."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CTE,
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
    (found,) = parts(session, scope, None)
    return whole_of(found)


def whole_of(undivided: Parts) -> Counts:
    return undivided.get("", Counter())


def parts(
    session: Session, scope: Scope, axis: Axis | None, periods: Sequence[Period] = ()
) -> list[Parts]:
    """Of each period (or of the scope's own one) its parts, in their order."""
    return parts_by(session, scope, [axis], periods)[axis]


def parts_by(
    session: Session, scope: Scope, axes: Iterable[Axis | None], periods: Sequence[Period] = ()
) -> dict[Axis | None, list[Parts]]:
    """The same by several axes at once; by None it is undivided."""
    cuts = {axis: cut_of(session, scope, axis) for axis in axes}
    spread = _spread(session, scope, list(cuts.values()), periods or [scope.period])
    return {
        axis: _in_order(session, scope, axis, found)
        for axis, found in zip(cuts, spread, strict=True)
    }


def _in_order(
    session: Session, scope: Scope, axis: Axis | None, found: Sequence[Parts]
) -> list[Parts]:
    if axis in SPANS:
        return [_by_span(one, Span(axis)) for one in found]
    if axis in AREAS:
        return _by_area(session, scope, AreaKind(axis), found)
    return [dict(sorted(one.items())) for one in found]


def cut_of(session: Session, scope: Scope, axis: Axis | None) -> Cut:
    if axis is None:
        return Cut(scope.area_id)
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


def _by_span(days: Parts, span: Span) -> Parts:
    """By day, week (named by its Monday) or month."""
    found: Parts = {}
    for day in sorted(days):
        first = holding(date.fromisoformat(day), span).first
        found.setdefault(first.isoformat(), Counter()).update(days[day])
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


def _spread(
    session: Session, scope: Scope, cuts: Sequence[Cut], periods: Sequence[Period]
) -> list[list[Parts]]:
    """Of each cut each period's parts: as rolled up, less what is hidden, and what still moves.

    One statement, whatever there is to tell apart.
    """
    area, times = session.get_one(Area, scope.area_id), _times(periods)
    kept = {number for number, cut in enumerate(cuts) if is_kept(cut.kind or area.kind, cut.slice)}
    sources = {
        is_rolled: _tickets(session, area, _arms(scope, area, is_rolled))
        for is_rolled in {number in kept for number in range(len(cuts))}
    }
    rolled = [_rolled(number, cuts[number], times) for number in kept]
    counted = [
        _counted(number, cut, sources[number in kept], times, scope.now)
        for number, cut in enumerate(cuts)
    ]
    found: list[list[list[Parts]]] = [[[{} for _ in periods] for _ in cuts] for _ in range(2)]
    for part, number, period, is_rolled, *numbers in session.execute(union_all(*rolled, *counted)):
        found[is_rolled][number][period][part] = Counter(dict(zip(COUNTS, numbers, strict=True)))
    moving, days = found
    for number in kept:
        for one in days[number]:
            cuts[number].settle(one)
    return [list(map(_added, *both)) for both in zip(days, moving, strict=True)]


def _added(rolled: Parts, moving: Parts) -> Parts:
    """Both together, without the parts that are nothing."""
    found = {part: Counter(counts) for part, counts in rolled.items()}
    for part, counts in moving.items():
        found.setdefault(part, Counter()).update(counts)
    return {part: counts for part, counts in found.items() if any(counts.values())}


def _arms(scope: Scope, area: Area, is_rolled: bool) -> list[Arm]:
    """Every ticket that is seen; or what the rollups do not have yet, less what they must not."""
    near = in_community(area)
    seen = [Ticket.id.not_in(scope.hidden)] if scope.hidden else []
    if not is_rolled:
        return [(1, [true(), *near, *seen])]
    # Of few that are to be rolled up SQLite would read all that are closed near by.
    arms: list[Arm] = [(1, [IS_OPEN, *near, *seen]), (1, [IS_TO_ROLL_UP, *seen])]
    if scope.hidden:
        arms.append((-1, [Ticket.id.in_(scope.hidden), Ticket.is_rolled_up]))
    return arms


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


def _rolled(number: int, cut: Cut, times: Subquery) -> Select[Any]:
    day = MetricDay.__table__.c.day
    sums = [func.sum(getattr(MetricDay, one)) if one in KEPT else literal(0) for one in COUNTS]
    rows = cut.rolled().join(times, day.between(times.c.first_day, times.c.last_day))
    return _marked(rows, times, (number, 1), sums)


def _counted(number: int, cut: Cut, tickets: CTE, times: Subquery, now: datetime) -> Select[Any]:
    of = tickets.c
    is_then = and_(of.reported >= times.c.since, of.reported < times.c.until)
    sums = [func.sum(one * of.sign) for one in terms(of, now).values()]
    rows = cut.of_tickets(of, of.place).join(times, is_then)
    return _marked(rows, times, (number, 0), sums)


def _marked(
    rows: Select[Any], times: Subquery, mark: tuple[int, int], sums: Sequence[ColumnElement[Any]]
) -> Select[Any]:
    """With the number of the cut, and whether they are rollups."""
    number, is_rolled = map(literal, mark)
    columns = number.label("cut"), times.c.number, is_rolled.label("is_rolled"), *sums
    return rows.add_columns(*columns).group_by(times.c.number, PART)


def _tickets(session: Session, area: Area, arms: Sequence[Arm]) -> CTE:
    """Tickets of the area; those without a place only where it is the whole house.

    Each arm is a statement of its own, so that each finds its index.
    """
    place = place_of(session)
    columns = (*COLUMNS, place.label("place"), reported_at(Ticket).label("reported"))
    inside = place.in_(inner_areas(area.id))
    rows = (select(*columns, literal(sign).label("sign")).where(*one, inside) for sign, one in arms)
    return union_all(*rows).cte()


def in_community(area: Area) -> list[Condition]:
    """What the indexes of open tickets know of an area; nothing of one above communities."""
    community_id = area.id if area.kind == AreaKind.COMMUNITY else area.community_id
    return [] if community_id is None else [Ticket.community_id == community_id]


def place_of(session: Session) -> ColumnElement[int]:
    return func.coalesce(Ticket.area_id, root_area_id(session) or 0)
