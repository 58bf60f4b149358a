"""Legacy problems by the clock: milestones that come near, are due, or have passed."""

from datetime import datetime

from jobs.rounds import tick_each
from jobs.schedule import job
from models.base import Database
from models.legacy import clock, ticking
from models.legacy.table import Milestone


@job("legacy_clock")
def legacy_clock(database: Database, now: datetime) -> str | None:
    with database.reading() as session:
        found = clock.due(session, now)
    return tick_each(database, Milestone, found, ticking.tick, now)
