"""The daily rollups by the clock."""

from datetime import datetime

from jobs.schedule import job
from models.base import Database
from models.metrics import rollups

PAGE = 100  # one transaction: residents' own messages wait no longer than this takes


@job("roll_up_metrics")
def roll_up_metrics(database: Database, now: datetime) -> str | None:
    taken = roll_up_all(database, now)
    return f"tickets={taken}" if taken else None


def roll_up_all(database: Database, now: datetime) -> int:
    """Takes in everything that has ended by now; returns how many tickets those were."""
    taken = 0
    while True:
        with database.writing() as session:
            found = rollups.roll_up(session, now, PAGE)
        taken += found
        if found < PAGE:
            return taken
