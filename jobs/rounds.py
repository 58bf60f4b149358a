"""One round of the clock over whatever has come due: each row in a transaction of its own."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

import structlog
from sqlalchemy.orm import Session

from models.base import Base, Database

log = structlog.get_logger(__name__)

Row = TypeVar("Row", bound=Base)
Tick = Callable[[Session, Row, datetime], str | None]


def tick_each(
    database: Database, table: type[Row], ids: Iterable[int], tick: Tick[Row], now: datetime
) -> str | None:
    """Who is at work on a row right now goes first; one that fails keeps no other back."""
    done = Counter[str]()
    for row_id in ids:
        try:
            with database.writing() as session:
                row = session.get(table, row_id, with_for_update={"skip_locked": True})
                step = tick(session, row, now) if row is not None else None
        except Exception as failure:
            # The text of a failed statement would hold what people wrote.
            name, error = table.__tablename__, type(failure).__name__
            log.error("tick_failed", table=name, row=row_id, error=error)
            step = "failed"
        if step is not None:
            done[step] += 1
    return " ".join(f"{name}={count}" for name, count in sorted(done.items())) or None
