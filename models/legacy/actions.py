"""What may happen to a legacy problem: `can()` and what stands against it, by one table."""

from datetime import datetime

from sqlalchemy.orm import Session

from models.legacy import sides
from models.legacy.flow import FLOW, LegacyAction, LegacyState, Side
from models.legacy.table import LegacyProblem
from models.moves import Taken


def can(
    session: Session, problem: LegacyProblem, action: LegacyAction, *, by: int | None, at: datetime
) -> bool:
    """Whether this person (None: the clock) may take the action now."""
    return FLOW.can(problem.state, action, sides.held(session, problem, by, at))


def move(
    session: Session,
    problem: LegacyProblem,
    action: LegacyAction,
    *,
    by: int,
    at: datetime,
    words: str | None = None,
) -> Taken[LegacyState, Side]:
    """The caller changes the state together with what the new one needs, so that both are
    written at once."""
    session.flush()
    session.refresh(problem, with_for_update=True)
    held = sides.held(session, problem, by, at)
    # Its number is its title, which who may not read of it does not hear.
    number = problem.number if held else ""
    return FLOW.take(problem.state, action, held, number=number, words=words)
