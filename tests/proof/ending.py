"""Lets a house come to rest after the last death: what the dead held falls due, and is done."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import click
from sqlalchemy import Select, func, select, union_all

from app.commands.background import Moment, background_store
from config.settings import Settings
from jobs.clock import Clock
from jobs.schedule import load_schedule
from jobs.worker import run_until_idle
from models.base import Database
from models.job_runs import JobRun
from models.notices.table import Notice, NoticeState
from models.outbox import Delivery, OutboxMessage
from models.tasks import Task, TaskState

# Minutes after the end: leases of messages end first, then those of tasks, at last those of jobs.
ROUNDS = (2, 3, 4, 6, 8, 11, 15, 45, 46, 50, 60)
ROUND_SECONDS = 300


def come_to_rest(database: Database, environment: Mapping[str, str]) -> None:
    """Returns when nothing is under way that falls due within the hour."""
    ended = datetime.now(UTC)
    until = ended + timedelta(minutes=ROUNDS[-1])
    for minutes in ROUNDS:
        at = ended + timedelta(minutes=minutes)
        subprocess.run(
            [sys.executable, "-m", __name__, at.isoformat()],
            env=dict(environment),
            timeout=ROUND_SECONDS,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        if is_at_rest(database, until):
            return


def is_at_rest(database: Database, until: datetime) -> bool:
    left = union_all(*_under_way(until)).subquery()
    with database.reading() as session:
        return not session.scalar(select(func.count()).select_from(left))


def _under_way(until: datetime) -> Iterator[Select[int]]:
    """What a lease holds for longer than that is not: nobody will take it up."""
    state, lease_until = OutboxMessage.state, OutboxMessage.lease_until
    queued = (state == Delivery.QUEUED) & (OutboxMessage.not_before <= until)
    yield select(OutboxMessage.id).where(
        queued | ((state == Delivery.SENDING) & (lease_until <= until))
    )
    running = (Task.state == TaskState.RUNNING) & (Task.lease_until <= until)
    yield select(Task.id).where(((Task.state == TaskState.DUE) & (Task.due_at <= until)) | running)
    yield select(JobRun.id).where(JobRun.lease_until <= until)
    yield select(Notice.id).where(Notice.state == NoticeState.SCHEDULED)


@click.command()
@click.argument("at", type=Moment())
def main(at: datetime) -> None:
    """One look of the clock at this moment, and all work that is due by then."""
    with background_store(Settings()) as database:
        Clock(database, load_schedule()).tick(at)
        run_until_idle(database, now=lambda: at)


if __name__ == "__main__":
    main()
