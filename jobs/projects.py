"""Projects by the clock: milestones and last days that come near, are due, or have passed."""

from datetime import datetime

from jobs.rounds import tick_each
from jobs.schedule import job
from models import due_days
from models.base import Database
from models.projects import ticking
from models.projects.table import Project, ProjectMilestone


@job("project_clock")
def project_clock(database: Database, now: datetime) -> str | None:
    with database.reading() as session:
        ends = due_days.due(session, Project, now)
        steps = due_days.due(session, ProjectMilestone, now)
    done = (
        tick_each(database, Project, ends, ticking.tick, now),
        tick_each(database, ProjectMilestone, steps, ticking.tick_milestone, now),
    )
    return " ".join(filter(None, done)) or None
