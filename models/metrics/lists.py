"""The tickets behind a number of the figures, a page at a time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.metrics import figures
from models.metrics.conditions import reported_at, terms
from models.metrics.cuts import PART, Axis
from models.metrics.figures import Scope, cut_of, in_community, place_of
from models.metrics.tally import Count
from models.places import Area
from models.tickets.table import Ticket

PAGE = 50


@dataclass(frozen=True, slots=True)
class Behind:
    """数字出处 — which number of a sheet: the part of an axis, and what is counted of it."""

    counts: tuple[Count, ...]
    axis: Axis | None = None
    part: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """清单一页 — tickets, the latest first, with what each adds to the number; and what follows."""

    tickets: Sequence[tuple[Ticket, int]]
    after: int | None  # the next page begins below this ticket; None: there is none


def number(session: Session, scope: Scope, behind: Behind) -> int:
    """The number itself, as the sheet has it."""
    if behind.axis is None:
        counts = figures.total(session, scope)
    else:
        (sheet,) = figures.parts(session, scope, behind.axis)
        counts = sheet.get(behind.part, Counter())
    return sum(counts[one] for one in behind.counts)


def listed(session: Session, scope: Scope, behind: Behind, below: int | None = None) -> Listed:
    area = session.get_one(Area, scope.area_id)
    of = Ticket.__table__.c
    cut = cut_of(session, scope, behind.axis)
    reported = reported_at(of)
    added = terms(of, scope.now)
    amount = sum((added[one] for one in behind.counts[1:]), start=added[behind.counts[0]])
    rows = cut.of_tickets(of, place_of(session))
    rows = rows.with_only_columns(of.id, amount).where(
        rows.selected_columns[PART] == behind.part,
        amount > 0,
        reported >= scope.period.since,
        reported < scope.period.until,
        *in_community(area),
    )
    if scope.hidden:
        rows = rows.where(of.id.not_in(scope.hidden))
    if below is not None:
        rows = rows.where(of.id < below)
    found = session.execute(rows.order_by(of.id.desc()).limit(PAGE + 1)).all()
    shown = dict(tuple(one) for one in found[:PAGE])
    tickets = session.scalars(select(Ticket).where(Ticket.id.in_(shown)).order_by(Ticket.id.desc()))
    after = found[PAGE - 1][0] if len(found) > PAGE else None
    return Listed([(one, shown[one.id]) for one in tickets], after)
