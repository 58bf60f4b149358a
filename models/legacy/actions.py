"""What may happen to a legacy problem: `can()` and the one way its state changes, by one table."""

from datetime import datetime

from sqlalchemy.orm import Session

from models.errors import NotAllowed, ReasonMissing, TransitionNotAllowed
from models.legacy import sides
from models.legacy.flow import MOVES, LegacyAction, LegacyMove, LegacyState, Side
from models.legacy.table import LegacyProblem


def can(
    session: Session, problem: LegacyProblem, action: LegacyAction, *, by: int | None, at: datetime
) -> bool:
    """Whether this person (None: the clock) may take the action now."""
    move = MOVES.get((problem.state, action))
    return move is not None and sides.holds(session, move.by, problem, by, at) is not None


def move(
    session: Session,
    problem: LegacyProblem,
    action: LegacyAction,
    *,
    by: int,
    at: datetime,
    words: str | None = None,
) -> tuple[LegacyMove, LegacyState, Side]:
    """The row of the table, the state before, and as whom it is done. The caller changes the
    state together with what the new one needs, so that both are written at once."""
    session.flush()
    session.refresh(problem, with_for_update=True)
    if not sides.may_read(session, problem, by, at):
        raise NotAllowed(number="")
    found = MOVES.get((problem.state, action))
    if found is None:
        raise TransitionNotAllowed(
            number=problem.number, state=problem.state, action=action, table="legacy_state"
        )
    side = sides.holds(session, found.by, problem, by, at)
    if side is None:
        raise NotAllowed(number="")
    if found.needs_words and not (words or "").strip():
        raise ReasonMissing(number=problem.number, action=action)
    return found, problem.state, side
