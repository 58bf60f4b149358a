"""When a milestone is next spoken of: before it, on its day, and once it has passed."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models.legacy.flow import MilestoneState
from models.legacy.table import Milestone
from models.localtime import SHANGHAI, local

MOST = 500  # of one round; the next brings the rest


def set_clock(milestone: Milestone, at: datetime) -> None:
    later = [one for one in moments(milestone) if one > at]
    milestone.clock_at = min(later, default=None)


def moments(milestone: Milestone) -> list[datetime]:
    """The reminders in order, and last the moment when the day is over."""
    if milestone.state != MilestoneState.WAITING:
        return []
    days = [milestone.due_on - timedelta(days=one) for one in load("legacy")["before_days"]]
    days += [milestone.due_on, overdue_on(milestone)]
    hour = time.fromisoformat(load("legacy")["at"])
    return sorted(datetime.combine(day, hour, SHANGHAI) for day in days)


def overdue_on(milestone: Milestone) -> date:
    return milestone.due_on + timedelta(days=1)


def is_past(day: date, at: datetime) -> bool:
    return day < local(at).date()


def due(session: Session, now: datetime) -> Sequence[int]:
    """Milestones of which something is to be said."""
    return session.scalars(
        select(Milestone.id)
        .where(Milestone.clock_at <= now)
        .order_by(Milestone.clock_at, Milestone.id)
        .limit(MOST)
    ).all()
