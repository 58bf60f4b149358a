"""Runs of the scheduled jobs: one row for each job and due time, whoever fires it."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Index,
    UniqueConstraint,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.statements import Statement

MOST_ATTEMPTS = 3
RETRY_AFTER = timedelta(minutes=2)

FIRST_SEEN = datetime(1970, 1, 1, tzinfo=UTC)
"""Due time of the row that keeps when a job was first seen, as `started_at`.

A fixed moment under the unique key, so that clocks started together agree on one beginning.
"""
ENDLESS = datetime.max.replace(tzinfo=UTC)


class RunState(StrEnum):
    """运行状态 — where one firing of a job stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class JobRun(Base):
    """任务运行 — one firing of a scheduled job: when it was due, how it went."""

    __tablename__ = "job_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str]
    due_at: Mapped[datetime]
    state: Mapped[RunState]
    is_manual: Mapped[bool]  # asked for by a person; does not move the schedule
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]  # of a failed run: when to try again, if ever
    attempts: Mapped[int]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    detail: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("job", "due_at"),
        Index(
            "ix_job_runs_lease_until",
            "lease_until",
            sqlite_where=text("lease_until IS NOT NULL"),
            postgresql_where=text("lease_until IS NOT NULL"),
        ),
    )


# Each clock asks these each minute for every job.
_LAST_DUE = Statement(
    select(JobRun.due_at, JobRun.started_at)
    .where(
        JobRun.job == bindparam("job", required=True),
        JobRun.is_manual.is_(False),
        JobRun.due_at <= bindparam("until", required=True),
    )
    .order_by(JobRun.due_at.desc())
    .limit(literal_column("1"))
)
_LAPSED = Statement(
    select(JobRun.id, JobRun.job, JobRun.due_at, JobRun.attempts, JobRun.is_manual)
    .where(JobRun.lease_until <= bindparam("now", required=True))
    .order_by(JobRun.due_at, JobRun.id)
)


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """领取的运行 — a firing that this process alone may run while its lease lasts."""

    id: int
    job: str
    due_at: datetime
    attempts: int
    lease_token: str


@dataclass(frozen=True, slots=True)
class LapsedRun:
    """中断的运行 — a firing whose process died, or which failed and may be tried again."""

    id: int
    job: str
    due_at: datetime
    attempts: int
    is_manual: bool


def claim(
    session: Session, job: str, due_at: datetime, now: datetime, lease: timedelta
) -> ClaimedRun | None:
    """Takes a firing that nobody has had, or that lapsed; None when it is another's or done."""
    is_free = and_(JobRun.lease_until <= now, JobRun.attempts < MOST_ATTEMPTS)
    return _claim(session, job, due_at, now, lease, is_free, is_manual=False)


def claim_by_hand(
    session: Session, job: str, due_at: datetime, now: datetime, lease: timedelta
) -> ClaimedRun | None:
    """As `claim`, but a person may also repeat at once what failed."""
    is_free = or_(JobRun.state == RunState.FAILED, JobRun.lease_until <= now)
    return _claim(session, job, due_at, now, lease, is_free, is_manual=True)


def finish(session: Session, run: ClaimedRun, at: datetime, detail: str | None) -> bool:
    """False when the lease went elsewhere meanwhile: then the other's answer counts."""
    return _settle(session, run, state=RunState.DONE, finished_at=at, detail=detail)


def fail(session: Session, run: ClaimedRun, at: datetime, detail: str) -> bool:
    """To be tried again soon, up to MOST_ATTEMPTS."""
    again = at + RETRY_AFTER if run.attempts < MOST_ATTEMPTS else None
    return _settle(
        session, run, state=RunState.FAILED, finished_at=at, detail=detail, lease_until=again
    )


def lapsed(session: Session, now: datetime) -> list[LapsedRun]:
    """Firings to look at again, oldest first."""
    return [LapsedRun(*row) for row in _LAPSED.run(session, now=now)]


def give_up(session: Session, run: LapsedRun, now: datetime, detail: str) -> bool:
    """Leaves a lapsed firing as it is; false when someone took it over first."""
    ended = session.scalars(
        update(JobRun)
        .where(JobRun.id == run.id, JobRun.lease_until <= now)
        .values(
            state=RunState.FAILED,
            lease_token=None,
            lease_until=None,
            finished_at=now,
            detail=detail,
        )
        .returning(JobRun.id)
        .execution_options(synchronize_session=False)
    )
    return ended.first() is not None


def meet(session: Session, jobs: Iterable[str], now: datetime) -> None:
    """Notes when each job was first seen: nothing due before that is ever fired."""
    rows = [
        {
            "job": job,
            "due_at": FIRST_SEEN,
            "state": RunState.DONE,
            "is_manual": False,
            "attempts": 0,
            "started_at": now,
            "finished_at": now,
        }
        for job in jobs
    ]
    session.execute(
        insert(JobRun)
        .values(rows)
        .on_conflict_do_update(
            index_elements=["job", "due_at"],
            set_={"started_at": now},
            where=JobRun.started_at > now,  # noted by a clock that was ahead
        )
    )


def last_due(session: Session, job: str, until: datetime = ENDLESS) -> datetime | None:
    """Due time of the latest firing, or when the job was first seen; None when it never was.

    A clock that was ahead and is set right again leaves firings behind that are yet to come:
    `until` looks past them, or nothing would be due before them.
    """
    row = _LAST_DUE.first(session, job=job, until=until)
    if row is None:
        return None
    due_at: datetime = row[0]
    started_at: datetime = row[1]
    return started_at if due_at == FIRST_SEEN else due_at


def _claim(
    session: Session,
    job: str,
    due_at: datetime,
    now: datetime,
    lease: timedelta,
    is_free: ColumnElement[bool],
    is_manual: bool,
) -> ClaimedRun | None:
    mark = secrets.token_hex(8)
    mine = {
        "state": RunState.RUNNING,
        "lease_token": mark,
        "lease_until": now + lease,
        "started_at": now,
        "finished_at": None,
    }
    row = session.execute(
        insert(JobRun)
        .values(job=job, due_at=due_at, is_manual=is_manual, attempts=1, **mine)
        .on_conflict_do_update(
            index_elements=["job", "due_at"],
            set_={**mine, "attempts": JobRun.attempts + 1},
            where=is_free,
        )
        .returning(JobRun.id, JobRun.job, JobRun.due_at, JobRun.attempts)
    ).first()
    return ClaimedRun(*row, lease_token=mark) if row else None


def _settle(session: Session, run: ClaimedRun, **values: Any) -> bool:
    settled = session.scalars(
        update(JobRun)
        .where(JobRun.id == run.id, JobRun.lease_token == run.lease_token)
        .values(**{"lease_token": None, "lease_until": None, **values})
        .returning(JobRun.id)
        .execution_options(synchronize_session=False)
    )
    return settled.first() is not None
