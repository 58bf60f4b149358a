"""Work to do in the background: asked for in any transaction, run by whoever claims it."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Index, and_, bindparam, case, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import ASKED, Base
from models.statements import Statement

BACKOFF = tuple(
    timedelta(seconds=seconds) for seconds in (10, 60, 5 * 60, 30 * 60, 2 * 3600, 6 * 3600)
)
MOST_ATTEMPTS = len(BACKOFF) + 1


class TaskState(StrEnum):
    """任务状态 — where a task stands."""

    DUE = "due"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Task(Base):
    """后台任务 — a piece of work: its kind, the ids it is about, when it is due."""

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]  # ids only: the row is read when the work is done
    due_at: Mapped[datetime]
    state: Mapped[TaskState] = mapped_column(server_default=TaskState.DUE)
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    unique_key: Mapped[str] = mapped_column(unique=True)
    last_error: Mapped[str | None]  # a class name; messages may hold what residents wrote
    created_at: Mapped[datetime]

    __table_args__ = (
        Index(
            "ix_tasks_due",
            "due_at",
            sqlite_where=text("state = 'due'"),
            postgresql_where=text("state = 'due'"),
        ),
        Index(
            "ix_tasks_lease_until",
            "lease_until",
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
        Index(
            "ix_tasks_failed",
            "id",
            sqlite_where=text("state = 'failed'"),
            postgresql_where=text("state = 'failed'"),
        ),
    )


@dataclass(frozen=True, slots=True)
class Claimed:
    """领取的任务 — a task that this worker alone may run while its lease lasts."""

    id: int
    kind: str
    payload: dict[str, Any]
    due_at: datetime
    attempts: int
    lease_token: str


_columns = Task.__table__.c

_ask = Statement(
    insert(Task)
    .values(
        {
            name: bindparam(name, type_=_columns[name].type)
            for name in ("kind", "payload", "due_at", "unique_key", "created_at")
        }
    )
    .on_conflict_do_nothing(index_elements=["unique_key"])
    .returning(_columns.id)
)


def ask(
    session: Session,
    kind: str,
    payload: Mapping[str, int | str],
    due_at: datetime,
    unique_key: str,
    now: datetime,
) -> int | None:
    """Asks for work once the caller commits; None when the same work was asked for before."""
    row = _ask.first(
        session,
        kind=kind,
        payload=dict(payload),
        due_at=due_at,
        unique_key=unique_key,
        created_at=now,
    )
    if row is None:
        return None
    if due_at <= now and ASKED in session.info:
        session.info[ASKED].append((kind, row[0]))
    return int(row[0])


def has_due(session: Session, kinds: Collection[str], now: datetime) -> bool:
    """A look before claiming, so that idle workers leave the writers alone."""
    return (
        session.scalar(select(Task.id).where(_is_due(now), Task.kind.in_(kinds)).limit(1))
        is not None
    )


def claim(
    session: Session, now: datetime, kinds: Collection[str], limit: int, lease: timedelta
) -> list[Claimed]:
    """Takes up to `limit` due tasks, the oldest first; commit before the first is run."""
    return _take(session, and_(_is_due(now), Task.kind.in_(kinds)), limit, now + lease)


def claim_one(session: Session, task_id: int, now: datetime, lease: timedelta) -> Claimed | None:
    """Takes this task, if it is due and nobody has it."""
    return next(iter(_take(session, and_(_is_due(now), Task.id == task_id), 1, now + lease)), None)


def finish(session: Session, task: Claimed) -> bool:
    """False when the lease went elsewhere meanwhile: then the other's answer counts."""
    return _settle(session, task, state=TaskState.DONE, lease_token=None, lease_until=None)


def fail(session: Session, task: Claimed, error: str, now: datetime) -> bool:
    """Due again after a while that grows with each attempt; at the last one it stays failed."""
    if task.attempts >= MOST_ATTEMPTS:
        return give_up(session, task, error)
    return _settle(
        session,
        task,
        state=TaskState.DUE,
        due_at=now + BACKOFF[task.attempts - 1],
        lease_token=None,
        lease_until=None,
        last_error=error,
    )


def give_up(session: Session, task: Claimed, error: str) -> bool:
    """Another attempt would change nothing; staff see it in the console."""
    return _settle(
        session, task, state=TaskState.FAILED, lease_token=None, lease_until=None, last_error=error
    )


def sweep(session: Session, now: datetime) -> int:
    """Gives back what a crashed worker held. What crashed its worker each time is given up."""
    is_last = Task.attempts >= MOST_ATTEMPTS
    swept = session.scalars(
        update(Task)
        .where(Task.state == TaskState.RUNNING, Task.lease_until <= now)
        .values(
            state=case((is_last, TaskState.FAILED), else_=TaskState.DUE),
            lease_token=None,
            lease_until=None,
            last_error="LeaseExpired",
        )
        .returning(Task.id)
        .execution_options(synchronize_session=False)
    )
    return len(swept.all())


def _is_due(now: datetime) -> ColumnElement[bool]:
    # As text, so that both stores see that the partial index fits.
    return and_(text("tasks.state = 'due'"), Task.due_at <= now)


def _take(
    session: Session, condition: ColumnElement[bool], limit: int, until: datetime
) -> list[Claimed]:
    # By state, never by `id > last`: on PostgreSQL ids commit out of order and rows are skipped.
    picked = (
        select(Task.id)
        .where(condition)
        .order_by(Task.due_at, Task.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    rows = session.execute(
        update(Task)
        .where(Task.id.in_(select(picked.c.id)))
        .values(
            state=TaskState.RUNNING,
            lease_token=secrets.token_hex(8),
            lease_until=until,
            attempts=Task.attempts + 1,
        )
        .returning(*(_columns[name] for name in Claimed.__dataclass_fields__))
        .execution_options(synchronize_session=False)
    )
    claimed = [Claimed(*row) for row in rows]
    return sorted(claimed, key=lambda task: (task.due_at, task.id))


def _settle(session: Session, task: Claimed, **values: Any) -> bool:
    settled = session.scalars(
        update(Task)
        .where(
            Task.id == task.id,
            Task.state == TaskState.RUNNING,
            Task.lease_token == task.lease_token,
        )
        .values(**values)
        .returning(Task.id)
        .execution_options(synchronize_session=False)
    )
    return settled.first() is not None
