"""Joint operations by the clock: a reminder, the beginning, and the sheet that has gone out."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from jobs.schedule import job
from models.base import Database
from models.operations import clock, ticking
from models.operations.table import Operation

log = structlog.get_logger(__name__)

Work = Callable[[Session, Operation, datetime], str | None]


@job("operation_clock")
def operation_clock(database: Database, now: datetime) -> str | None:
    """Each in a transaction of its own; who is at work on one right now goes first."""
    with database.reading() as session:
        due, decided = clock.due(session, now), clock.decided(session)
    done = _each(database, due, ticking.tick, now) + _each(database, decided, ticking.settle, now)
    return " ".join(f"{name}={count}" for name, count in sorted(done.items())) or None


def _each(database: Database, ids: Iterable[int], work: Work, now: datetime) -> Counter[str]:
    done = Counter[str]()
    for operation_id in ids:
        try:
            with database.writing() as session:
                claim = {"skip_locked": True}
                operation = session.get(Operation, operation_id, with_for_update=claim)
                step = work(session, operation, now) if operation is not None else None
        except Exception as failure:
            # The text of a failed statement would hold what people wrote.
            log.error("operation_failed", operation_id=operation_id, error=type(failure).__name__)
            step = "failed"
        if step is not None:
            done[step] += 1
    return done
