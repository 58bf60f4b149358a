"""Hotline orders by the clock, and the files that bring them, taken in piece by piece."""

from datetime import datetime

from jobs.rounds import tick_each
from jobs.schedule import job
from models.base import Database
from models.hotline import deadlines
from models.hotline.table import HotlineOrder


@job("hotline_clock")
def hotline_clock(database: Database, now: datetime) -> str | None:
    with database.reading() as session:
        found = deadlines.due(session, now)
    return tick_each(database, HotlineOrder, found, deadlines.tick, now)
