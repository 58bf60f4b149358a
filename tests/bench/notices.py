"""A notice for 100,000 residents: found by its audience and queued for each of them."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from jobs.notices import publish_notices
from jobs.queue import Queue
from models.base import Database
from models.notices import actions
from models.outbox import OutboxMessage
from models.places import Area, AreaKind
from models.posts import Role
from tests import factories
from tests.bench.results import result, stores
from tests.bench.town import Case

RESIDENTS = 100_000


def run() -> Iterator[dict[str, Any]]:
    for case, _, database in stores(RESIDENTS):
        now = datetime.now(UTC)
        yield _queued(case, database, _reviewed(database, now), now)


def _reviewed(database: Database, now: datetime) -> int:
    """Written by one and passed by another; due now, to everybody there is."""
    with database.writing() as session:
        root = session.scalars(select(Area).where(Area.kind == AreaKind.SUBDISTRICT)).one()
        writer, reader = (
            factories.post(session, Role.SUBDISTRICT_STAFF, root, since=now).person_id
            for _ in range(2)
        )
        words = {"kind": "policy", "title": "清理楼道的安排", "body": "请把楼道里的东西搬走。"}
        notice = actions.draft(session, **words, area_id=root.id, by=writer, at=now)
        actions.review(session, notice, by=reader, at=now)
        actions.schedule(session, notice, publish_at=now, by=reader, at=now)
        return notice.id


def _queued(case: Case, database: Database, notice_id: int, now: datetime) -> dict[str, Any]:
    """By the job and the task of the product; CPU and memory are this process alone."""
    before = new_peak()
    began, worked = time.perf_counter(), time.process_time()
    publish_notices(database, now)
    Queue(database, lambda: now).drain()
    waited, worked = time.perf_counter() - began, time.process_time() - worked
    grown = peak_megabytes() - before
    with database.reading() as session:
        of_notice = OutboxMessage.unique_key.startswith(f"notice:{notice_id}:")
        queued = session.scalar(select(func.count()).where(of_notice)) or 0
    assert queued >= RESIDENTS, f"{queued} messages for {RESIDENTS} residents"
    spent = {"cpu_ms": round(worked * 1000), "memory_mb": round(grown, 1)}
    rate = {"rate": round(queued / waited)}
    return result(case, "notices", [waited * 1000], 0, queued) | rate | spent


def new_peak() -> float:
    """Begins it anew with what is in memory now."""
    Path("/proc/self/clear_refs").write_text("5", "utf-8")
    return peak_megabytes()


def peak_megabytes() -> float:
    """The most that was in memory at a time."""
    status = Path("/proc/self/status").read_text("utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024
