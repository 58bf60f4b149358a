"""What may happen to an operation: `can()` and the one way its state changes, by one table."""

from datetime import datetime

from sqlalchemy.orm import Session

from models.errors import NotAllowed, ReasonMissing, TransitionNotAllowed
from models.operations import sides
from models.operations.flow import MOVES, OperationAction, OperationMove, OperationState, Side
from models.operations.table import Operation


def can(
    session: Session,
    operation: Operation,
    action: OperationAction,
    *,
    by: int | None,
    at: datetime,
) -> bool:
    """Whether this person (None: the clock) may take the action now."""
    move = MOVES.get((operation.state, action))
    return move is not None and sides.holds(session, move.by, operation, by, at) is not None


def move(
    session: Session,
    operation: Operation,
    action: OperationAction,
    *,
    by: int | None,
    at: datetime,
    words: str | None = None,
) -> tuple[OperationMove, OperationState, Side]:
    """Changes the state if that may be; the row of the table, the state before, and as whom."""
    session.flush()
    session.refresh(operation, with_for_update=True)
    found = MOVES.get((operation.state, action))
    if found is None:
        if by is not None and not sides.may_read(session, operation, by, at):
            raise NotAllowed(number=operation.number)
        raise TransitionNotAllowed(
            number=operation.number, state=operation.state, action=action, table="operation_state"
        )
    side = sides.holds(session, found.by, operation, by, at)
    if side is None:
        raise NotAllowed(number=operation.number)
    if found.needs_words and not (words or "").strip():
        raise ReasonMissing(number=operation.number, action=action)
    before, operation.state = operation.state, found.target
    return found, before, side
