"""Hazards by the clock: what nobody has said a word about goes to a paid post."""

from collections import Counter
from datetime import datetime

import structlog

from jobs.schedule import job
from models.base import Database
from models.hazards import ticking
from models.hazards.table import Hazard

log = structlog.get_logger(__name__)


@job("hazard_clock")
def hazard_clock(database: Database, now: datetime) -> str | None:
    """Each in a transaction of its own; who is at work on one right now goes first."""
    with database.reading() as session:
        found = ticking.due(session, now)
    done = Counter[str]()
    for hazard_id in found:
        try:
            with database.writing() as session:
                claim = {"skip_locked": True}
                hazard = session.get(Hazard, hazard_id, with_for_update=claim)
                step = ticking.tick(session, hazard, now) if hazard is not None else None
        except Exception as failure:
            # The text of a failed statement would hold what people wrote.
            log.error("hazard_failed", hazard_id=hazard_id, error=type(failure).__name__)
            step = "failed"
        if step is not None:
            done[step] += 1
    return " ".join(f"{name}={count}" for name, count in sorted(done.items())) or None
