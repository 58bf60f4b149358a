"""Looks ahead whether the working calendar knows the days that deadlines will fall on."""

from datetime import datetime

from jobs.schedule import job
from models import calendar_gaps
from models.base import Database


@job("calendar_ahead")
def calendar_ahead(database: Database, now: datetime) -> str | None:
    with database.writing() as session:
        years = calendar_gaps.tell_staff(session, now)
    return "missing=" + ",".join(map(str, years)) if years else None
