"""Supervisions by the clock: a reminder before the day, and a word once it has passed."""

from datetime import datetime

from jobs.rounds import tick_each
from jobs.schedule import job
from models import due_days
from models.base import Database
from models.supervisions import ticking
from models.supervisions.table import Supervision


@job("supervision_clock")
def supervision_clock(database: Database, now: datetime) -> str | None:
    with database.reading() as session:
        found = due_days.due(session, Supervision, now)
    return tick_each(database, Supervision, found, ticking.tick, now)
