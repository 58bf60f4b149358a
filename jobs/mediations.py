"""Follow-ups of mediations by the clock: their mediator is reminded, by number alone."""

from datetime import datetime

from jobs.rounds import tick_each
from jobs.schedule import job
from models import due_days
from models.base import Database
from models.mediations import keeping
from models.mediations.table import MediationFollowUp


@job("mediation_clock")
def mediation_clock(database: Database, now: datetime) -> str | None:
    with database.reading() as session:
        found = due_days.due(session, MediationFollowUp, now)
    return tick_each(database, MediationFollowUp, found, keeping.tick, now)
