"""撤销: a problem just opened, a milestone just reached or the end, within ten minutes."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from config.policy import load
from models.events import Event
from models.legacy import telling
from models.legacy.flow import OPENED, REACHED
from models.legacy.steps import STEPS
from models.legacy.table import LegacyProblem, LegacyTicket, Milestone, Progress
from models.stepping import recalled

undoable = STEPS.undoable


def undo(session: Session, event: Event, *, by: int, at: datetime) -> LegacyProblem:
    """Takes it back; who has read of it is told."""
    problem, step = STEPS.take_back(session, event, by=by, at=at)
    if event.verb == OPENED:
        # The tickets are free to become part of another.
        session.execute(delete(LegacyTicket).where(LegacyTicket.problem_id == problem.id))
    elif event.verb == REACHED:
        _wait_again(session, event.detail["milestone"], at)
        _take_words_back(session, problem, event)
    else:
        problem.outcome = problem.result = problem.ended_at = None
        for one in event.detail["dropped"]:
            _wait_again(session, one, at)
    said = STEPS.undoing(step, event, recalled(session, event.id))
    telling.tell(session, problem, said)
    return problem


def _take_words_back(session: Session, problem: LegacyProblem, event: Event) -> None:
    """What was said beside it, unless everybody reads it already."""
    session.execute(
        delete(Progress).where(
            Progress.problem_id == problem.id,
            Progress.author_id == event.actor_id,
            Progress.at == event.at,
            Progress.public_at.is_(None),
        )
    )


def _wait_again(session: Session, milestone_id: int, at: datetime) -> None:
    session.get_one(Milestone, milestone_id).wait(load("legacy"), at)
