"""Rounds that were left open, and points nobody needs any more."""

from datetime import datetime

from jobs.schedule import job
from models.base import Database
from models.patrols import rounds


@job("end_rounds")
def end_rounds(database: Database, now: datetime) -> str | None:
    """Nobody is told: a round that was not ended is no failing."""
    with database.writing() as session:
        ended = rounds.end_forgotten(session, now)
    return f"ended={ended}" if ended else None
