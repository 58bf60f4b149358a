"""Keeping the queue and its records in order."""

from datetime import datetime, timedelta

from jobs.schedule import job
from models import job_runs, tasks
from models.base import Database

TASKS_KEPT = timedelta(days=30)
RUNS_KEPT = timedelta(days=90)


@job("sweep")
def sweep(database: Database, now: datetime) -> str | None:
    with database.writing() as session:
        swept = tasks.sweep(session, now)
    return f"given_back={swept}" if swept else None


@job("forget_done")
def forget_done(database: Database, now: datetime) -> str | None:
    with database.writing() as session:
        forgotten = tasks.forget_done(session, now - TASKS_KEPT)
    with database.writing() as session:
        runs = job_runs.forget(session, now - RUNS_KEPT)
    return f"tasks={forgotten} runs={runs}"
