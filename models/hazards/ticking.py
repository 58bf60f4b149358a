"""What the clock does: a finding without a word on what became of it goes to a paid post."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.hazards import acting
from models.hazards.flow import HazardState
from models.hazards.table import Hazard

MOST = 500  # of one round; the next minute brings the rest
_IS_FOUND = text("hazards.state = 'found'")


def due(session: Session, now: datetime) -> Sequence[int]:
    return session.scalars(
        select(Hazard.id)
        .where(_IS_FOUND, Hazard.clock_at <= now)
        .order_by(Hazard.clock_at, Hazard.id)
        .limit(MOST)
    ).all()


def tick(session: Session, hazard: Hazard, now: datetime) -> str | None:
    """Says what was done."""
    if hazard.state != HazardState.FOUND or hazard.clock_at is None or hazard.clock_at > now:
        return None
    acting.pass_up(session, hazard, by=None, at=now)
    return "passed_up"
