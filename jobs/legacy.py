"""Legacy problems by the clock: milestones that come near, are due, or have passed."""

from collections import Counter
from datetime import datetime

import structlog

from jobs.schedule import job
from models.base import Database
from models.legacy import clock, ticking
from models.legacy.table import Milestone

log = structlog.get_logger(__name__)


@job("legacy_clock")
def legacy_clock(database: Database, now: datetime) -> str | None:
    """Each in a transaction of its own; who is at work on one right now goes first."""
    with database.reading() as session:
        found = clock.due(session, now)
    done = Counter[str]()
    for milestone_id in found:
        try:
            with database.writing() as session:
                claim = {"skip_locked": True}
                milestone = session.get(Milestone, milestone_id, with_for_update=claim)
                step = ticking.tick(session, milestone, now) if milestone is not None else None
        except Exception as failure:
            # The text of a failed statement would hold what people wrote.
            log.error("milestone_failed", milestone_id=milestone_id, error=type(failure).__name__)
            step = "failed"
        if step is not None:
            done[step] += 1
    return " ".join(f"{name}={count}" for name, count in sorted(done.items())) or None
