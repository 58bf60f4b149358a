"""Keeping the queue in order."""

from datetime import datetime

from jobs.schedule import job
from models import tasks
from models.base import Database


@job("sweep")
def sweep(database: Database, now: datetime) -> str | None:
    with database.writing() as session:
        swept = tasks.sweep(session, now)
    return f"given_back={swept}" if swept else None
