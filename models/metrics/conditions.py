"""What one ticket adds to the figures, in the store's own words; `tally` says the same of one.

The figures of what still moves and the list behind each number are both made of these terms, and
the tests hold them against `tally` over what the events tell.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, func, literal, or_, type_coerce

from models.metrics.tally import COMPLAINING, CONTENT_FROM, Count
from models.ticket_flow import OPEN, Outcome

Columns = Any
"""Of the table of tickets, or of a part of it under another name: `.c` of either."""


def terms(of: Columns, now: datetime) -> Mapping[Count, ColumnElement[int]]:
    """How much one row adds to each number."""
    is_open = of.state.in_(sorted(OPEN))
    tests = {
        Count.OPENED: literal(True),
        Count.COMPLAINTS: and_(
            of.intent.in_(sorted(COMPLAINING)),
            or_(of.outcome.is_(None), of.outcome != Outcome.WITHDRAWN),
        ),
        **_answering(of, is_open, now),
        **_ending(of, is_open, now),
        Count.REOPENED: of.reopens > 0,
        Count.RETURNED: of.returns > 0,
    }
    added = {name: _one(test) for name, test in tests.items()}
    rated = or_(of.stars.is_not(None), of.is_solved.is_not(None))
    content = or_(of.stars >= CONTENT_FROM, and_(of.stars.is_(None), of.is_solved.is_(True)))
    added[Count.RATINGS] = _one(rated) + of.joined_ratings
    added[Count.SATISFIED] = _one(content) + of.joined_satisfied
    return {name: added[name] for name in Count}


def reported_at(of: Columns) -> ColumnElement[datetime]:
    """The moment by whose day a ticket is counted, for good."""
    return func.coalesce(of.reported_at, of.opened_at)


def _answering(
    of: Columns, is_open: ColumnElement[bool], now: datetime
) -> dict[Count, ColumnElement[bool]]:
    late = of.is_answered_late
    waits = and_(late.is_(None), is_open)
    return {
        Count.ANSWERED: late.is_(False),
        Count.ANSWER_MISSED: or_(late.is_(True), and_(waits, of.accept_due_at < now)),
        Count.WAITING: and_(waits, of.accept_due_at >= now),
    }


def _ending(
    of: Columns, is_open: ColumnElement[bool], now: datetime
) -> dict[Count, ColumnElement[bool]]:
    fixed = and_(~is_open, of.outcome == Outcome.FIXED)
    since_its_end = func.coalesce(of.resolved_at, of.opened_at) <= of.rated_at
    disputed = func.coalesce(and_(of.is_solved.is_(False), since_its_end), literal(False))
    others = [one for one in Outcome if one != Outcome.FIXED]
    return {
        Count.RUNNING: is_open,
        Count.OVERDUE: and_(is_open, of.resolve_due_at < now),
        Count.FIXED: and_(fixed, ~disputed),
        Count.DISPUTED: and_(fixed, disputed),
        **{Count(one): and_(~is_open, of.outcome == one) for one in others},
        Count.RESOLVED_LATE: of.is_resolved_late.is_(True),
        Count.RESOLVED_IN_TIME: of.is_resolved_late.is_(False),
    }


def _one(test: ColumnElement[bool]) -> ColumnElement[int]:
    return type_coerce(case((test, 1), else_=0), Integer)
