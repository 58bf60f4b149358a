"""The daily matching between patrols and their grids."""

from datetime import datetime

from jobs.schedule import job
from models.base import Database
from models.matchings import sending

JOB = "daily_matching"


@job(JOB)
def daily_matching(database: Database, now: datetime) -> str | None:
    """Each grid in a transaction of its own, so that writers from the chat get in between."""
    with database.reading() as session:
        found = sending.grids(session)
    sent = 0
    for grid_id in found:
        with database.writing() as session:
            sent += sending.send(session, JOB, now, grid_id)
    return f"sent={sent}" if sent else None
