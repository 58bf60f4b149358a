"""Milestones of legacy problems of which something is to be said."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.legacy.table import Milestone

MOST = 500  # of one round; the next brings the rest


def due(session: Session, now: datetime) -> Sequence[int]:
    return session.scalars(
        select(Milestone.id)
        .where(Milestone.clock_at <= now)
        .order_by(Milestone.clock_at, Milestone.id)
        .limit(MOST)
    ).all()
