"""Figures of an area and a period, exact at any moment: the rollups and what still moves."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, ColumnExpressionArgument, func, select, true
from sqlalchemy.orm import Session

from models.metrics import cells
from models.metrics.cells import ROLLED_KINDS, Cell
from models.metrics.counted import COLUMNS, CountedTicket
from models.metrics.periods import Period, Span, holding
from models.metrics.rollups import summed
from models.metrics.table import KEPT, MetricDay, Slice
from models.metrics.tally import Counts
from models.places import Area, AreaKind, inner_areas, root_area_id
from models.posts import Role
from models.tickets.table import IS_OPEN, IS_TO_ROLL_UP, Ticket

ELSEWHERE = "elsewhere"  # of an area, what lies in none of the parts asked for


@dataclass(frozen=True, slots=True)
class Scope:
    """统计范围 — which area, which days, and as of when."""

    area_id: int
    period: Period
    now: datetime


def total(session: Session, scope: Scope) -> Counts:
    return by_key(session, scope, Slice.TOTAL)[""]


def by_key(session: Session, scope: Scope, slice_: Slice) -> dict[str, Counts]:
    """By category, level or team."""
    found = gather(session, scope, [scope.area_id], slice_)
    return _grouped(found, lambda cell: cell.key)


def by_span(session: Session, scope: Scope, span: Span) -> dict[str, Counts]:
    """By day, week (named by its Monday) or month, in their order."""
    found = gather(session, scope, [scope.area_id], Slice.TOTAL, MetricDay.__table__.c.day)
    grouped = _grouped(found, lambda cell: holding(cell.day, span).first.isoformat())
    return dict(sorted(grouped.items()))


def by_area(session: Session, scope: Scope, kind: AreaKind) -> dict[str, Counts]:
    """Area id → its counts, and what lies elsewhere, so that the parts make up the whole."""
    parts = _parts(session, scope.area_id, kind)
    grouped = _grouped(gather(session, scope, parts, Slice.TOTAL), lambda cell: str(cell.area_id))
    rest = total(session, scope)
    for counts in grouped.values():
        rest.subtract(counts)
    found = {str(part): grouped[str(part)] for part in parts}
    return found | ({ELSEWHERE: rest} if +rest else {})


def by_company(session: Session, scope: Scope) -> dict[str, Counts]:
    """Estate → what its property company had in hand."""
    parts = _parts(session, scope.area_id, AreaKind.ESTATE)
    found = gather(session, scope, parts, Slice.TEAM)
    mine = {cell: counts for cell, counts in found.items() if cell.key == Role.PROPERTY_STAFF}
    return dict(_grouped(mine, lambda cell: str(cell.area_id)))


def gather(
    session: Session,
    scope: Scope,
    area_ids: Collection[int],
    slice_: Slice,
    *apart: ColumnElement[date],
) -> dict[Cell, Counts]:
    """The cells of these areas: as rolled up, and with what still moves counted into them.

    What was rolled up is summed over the days, unless they are told `apart`.
    """
    kept = set(
        session.scalars(select(Area.id).where(Area.id.in_(area_ids), Area.kind.in_(ROLLED_KINDS)))
    )
    found = _rolled_up(session, scope, kept, slice_, *apart)
    for ids, tickets in (
        (kept, [IS_OPEN, IS_TO_ROLL_UP]),
        (set(area_ids) - kept, [true()]),
    ):
        places = cells.map_within(session, ids, [slice_])
        for condition in tickets if ids else ():
            moving = _counted(session, scope, condition)
            for cell, counts in summed(moving, places, scope.now).items():
                found.setdefault(cell, Counter()).update(counts)
    return found


def _rolled_up(
    session: Session,
    scope: Scope,
    area_ids: Collection[int],
    slice_: Slice,
    *apart: ColumnElement[date],
) -> dict[Cell, Counts]:
    row = MetricDay
    sums = (func.sum(getattr(row, one)) for one in KEPT)
    rows = session.execute(
        select(row.area_id, row.slice, func.min(row.day), row.key, *sums)
        .where(row.area_id.in_(area_ids), row.slice == slice_)
        .where(row.day.between(scope.period.first, scope.period.last))
        .group_by(row.area_id, row.slice, row.key, *apart)
    )
    return {Cell(*one[:4]): Counter(dict(zip(KEPT, one[4:], strict=True))) for one in rows}


def _counted(
    session: Session, scope: Scope, condition: ColumnExpressionArgument[bool]
) -> Iterator[CountedTicket]:
    """Tickets of the scope; those without a place only where the scope is the whole house."""
    reported = func.coalesce(Ticket.reported_at, Ticket.opened_at)
    place = func.coalesce(Ticket.area_id, root_area_id(session) or 0)
    rows = session.execute(
        select(*COLUMNS).where(
            condition,
            reported >= scope.period.since,
            reported < scope.period.until,
            place.in_(inner_areas(scope.area_id)),
        )
    )
    return (CountedTicket(*row) for row in rows)


def _parts(session: Session, area_id: int, kind: AreaKind) -> list[int]:
    inside = select(Area.id).where(Area.id.in_(inner_areas(area_id)), Area.kind == kind)
    return list(session.scalars(inside.order_by(Area.id)))


def _grouped(found: Mapping[Cell, Counts], name: Callable[[Cell], str]) -> defaultdict[str, Counts]:
    grouped: defaultdict[str, Counts] = defaultdict(Counter)
    for cell, counts in found.items():
        grouped[name(cell)].update(counts)
    return grouped
