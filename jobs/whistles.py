"""Whistles by the clock: reminders, late marks, posts that somebody holds again."""

from collections import Counter
from datetime import datetime

import structlog

from jobs.schedule import job
from models.base import Database
from models.whistles import ticking
from models.whistles.table import Whistle

log = structlog.get_logger(__name__)


@job("whistle_clock")
def whistle_clock(database: Database, now: datetime) -> str | None:
    """Each in a transaction of its own; who is at work on one right now goes first."""
    with database.reading() as session:
        found = ticking.due(session, now)
    done = Counter[str]()
    for whistle_id in found:
        try:
            with database.writing() as session:
                claim = {"skip_locked": True}
                whistle = session.get(Whistle, whistle_id, with_for_update=claim)
                step = ticking.tick(session, whistle, now) if whistle is not None else None
        except Exception as failure:
            # The text of a failed statement would hold what residents wrote.
            log.error("whistle_failed", whistle_id=whistle_id, error=type(failure).__name__)
            step = "failed"
        if step is not None:
            done[step] += 1
    return " ".join(f"{name}={count}" for name, count in sorted(done.items())) or None
