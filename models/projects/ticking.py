"""What the clock does to projects: reminders of milestones and of the end, and what has passed."""

from datetime import datetime

from sqlalchemy.orm import Session

from config.policy import load
from models import due_days, milestones
from models.milestones import MilestoneState
from models.projects import sides, telling
from models.projects.flow import (
    LATE,
    MILESTONE_LATE,
    MILESTONE_REMINDED,
    REMINDED,
    ProjectState,
    Side,
)
from models.projects.table import Project, ProjectMilestone
from models.telling import Said


def tick(session: Session, project: Project, now: datetime) -> str | None:
    """Of several things that came due only the weightiest. Says what was done."""
    left = due_days.ring(project, load("projects"), now)
    if left is None:
        return None
    _tell(session, project, LATE if left < 0 else REMINDED, {"days_left": left}, now)
    return "late" if left < 0 else "reminded"


def tick_milestone(session: Session, milestone: ProjectMilestone, now: datetime) -> str | None:
    left = due_days.ring(milestone, load("projects"), now)
    project = session.get_one(Project, milestone.project_id)
    is_waiting = milestone.state == MilestoneState.WAITING
    if left is None or not is_waiting or project.state != ProjectState.UNDER_WAY:
        return None
    verb = MILESTONE_LATE if left < 0 else MILESTONE_REMINDED
    _tell(session, project, verb, milestones.facts(milestone) | {"days_left": left}, now)
    return "milestone_late" if left < 0 else "milestone_reminded"


def _tell(
    session: Session, project: Project, verb: str, context: dict[str, object], now: datetime
) -> None:
    """Once a day has passed also upwards, to help."""
    parties = {"owner": sides.workers(session, project, now)}
    if verb in (LATE, MILESTONE_LATE):
        parties["above"] = sides.above(session, project, now)
    said = Said(verb, now, None, Side.CLOCK, project.state, parties, context=context)
    telling.tell(session, project, said)
