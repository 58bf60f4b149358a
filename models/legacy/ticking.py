"""What the clock does to milestones: reminders, and a word upwards once the day has passed."""

from datetime import datetime

from sqlalchemy.orm import Session

from config.policy import load
from models import due_days
from models.legacy import sides, telling
from models.legacy.flow import OVERDUE, REMINDED, LegacyState, MilestoneState, Side
from models.legacy.table import LegacyProblem, Milestone
from models.telling import Said


def tick(session: Session, milestone: Milestone, now: datetime) -> str | None:
    """Of several things that came due only the weightiest. Says what was done."""
    left = due_days.ring(milestone, load("legacy"), now)
    problem = session.get_one(LegacyProblem, milestone.problem_id)
    is_waiting = milestone.state == MilestoneState.WAITING
    if left is None or not is_waiting or problem.state != LegacyState.UNDER_WAY:
        return None
    is_over = left < 0
    parties = {"force": sides.workers(session, problem, now)}
    if is_over:
        above = sides.above(session, problem, now)
        parties["above"] = [one for one in above if one not in parties["force"]]
    said = Said(
        OVERDUE if is_over else REMINDED,
        now,
        None,
        Side.CLOCK,
        problem.state,
        parties=parties,
        detail={"milestone": milestone.id, "due": milestone.due_on.isoformat()},
        context=telling.of_milestone(milestone) | {"days_left": left},
    )
    telling.tell(session, problem, said)
    return "overdue" if is_over else "reminded"
