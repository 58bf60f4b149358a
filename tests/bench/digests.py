"""The morning digests of 100 communities over 100,000 tickets, or so many."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from jobs.digests import morning_digest
from models.base import Database
from models.digests.table import Digest
from tests.bench import figures, filling
from tests.bench.results import result, stores
from tests.bench.town import Case

TICKETS = 100_000
RESIDENTS = 1_000
COMMUNITIES = 100


def run(tickets: int = TICKETS) -> Iterator[dict[str, Any]]:
    for case, _, database in stores(RESIDENTS):
        now = datetime.now(UTC)
        figures.fill(database, tickets, now)
        filling.leave_behind(database, now)
        filling.spread(database, COMMUNITIES, now)
        yield _sent(case, database, now)


def _sent(case: Case, database: Database, at: datetime) -> dict[str, Any]:
    """All of them one after the other, as the job does it; `cpu_ms` is this process alone."""
    began, worked = time.perf_counter(), time.process_time()
    morning_digest(database, at)
    waited, worked = time.perf_counter() - began, time.process_time() - worked
    with database.reading() as session:
        told = session.scalar(select(func.count(Digest.community_id.distinct())))
    assert told == COMMUNITIES, f"{told} communities of {COMMUNITIES} have a digest"
    spent = {"cpu_ms": round(worked * 1000)}
    return result(case, "digests", [waited * 1000], 0, COMMUNITIES) | spent
