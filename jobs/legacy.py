"""Legacy problems by the clock: milestones that come near, are due, or have passed."""

from datetime import datetime

from jobs.rounds import tick_each
from jobs.schedule import job
from models import due_days
from models.base import Database
from models.legacy import ticking
from models.legacy.table import Milestone


@job("legacy_clock")
def legacy_clock(database: Database, now: datetime) -> str | None:
    with database.reading() as session:
        found = due_days.due(session, Milestone, now)
    return tick_each(database, Milestone, found, ticking.tick, now)
