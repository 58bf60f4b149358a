"""Sending a report: its headline to each reader by chat, once."""

from collections import Counter
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from models import outbox
from models.accounts import MAIN
from models.metrics.cuts import Axis
from models.metrics.figures import Scope
from models.metrics.sheet import Row, sheet
from models.metrics.tally import Count
from models.places import full_name
from models.reports.table import Report

TEMPLATE = "report"
DAYS_WORTH_READING = 7
TEAMS_SHOWN = 3
TOPICS_SHOWN = 5


def send(session: Session, report: Report, person_id: int, told: dict[str, Any]) -> bool:
    """False when it was queued before."""
    message = {
        "person_id": person_id,
        "account": MAIN,
        "template": TEMPLATE,
        "context": told,
        "unique_key": f"report:{report.id}:{person_id}",
        "created_at": report.made_at,
        "expires_at": report.made_at + timedelta(days=DAYS_WORTH_READING),
    }
    return bool(outbox.queue(session, [message]))


def headline(
    session: Session, report: Report, hidden: frozenset[int], now: datetime
) -> dict[str, Any]:
    """The figures that stand in the message, as they are now for a reader."""
    scope = Scope(report.area_id, report.period, now, hidden)
    found = sheet(session, scope, Axis.TEAM)
    whole = found.whole
    late = Counter({team: row.counts[Count.OVERDUE] for team, row in found.rows.items()})
    density = whole.density
    return {
        "report_id": report.id,
        "edition": report.edition,
        "area": full_name(session, report.area_id),
        "first": report.first_on.isoformat(),
        "last": report.last_on.isoformat(),
        "opened": whole.counts[Count.OPENED],
        "opened_before": whole.before[Count.OPENED],
        "overdue": whole.counts[Count.OVERDUE],
        "late_teams": [list(one) for one in (+late).most_common(TEAMS_SHOWN)],
        "rates": _rates(whole),
        "density": _tenths(density.now, 1) if density else None,
        "density_change": _tenths(density.on_period, 100) if density else None,
        "topics": [
            [one["word"], len(set(one["tickets"]) - hidden)] for one in report.topics[:TOPICS_SHOWN]
        ],
    }


def _rates(row: Row) -> dict[str, float | None]:
    return {name: _tenths(rate, 100) for name, rate in row.rates().items()}


def _tenths(share: Fraction | None, times: int) -> float | None:
    return None if share is None else round(float(share * times), 1)
