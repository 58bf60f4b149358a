"""What may happen to an operation: `can()` and the one way its state changes, by one table."""

from datetime import datetime

from sqlalchemy.orm import Session

from models.moves import Taken
from models.operations import sides
from models.operations.flow import FLOW, OperationAction, OperationState, Side
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
    return FLOW.can(operation.state, action, sides.held(session, operation, by, at))


def move(
    session: Session,
    operation: Operation,
    action: OperationAction,
    *,
    by: int | None,
    at: datetime,
    words: str | None = None,
) -> Taken[OperationState, Side]:
    """Changes the state if that may be."""
    session.flush()
    session.refresh(operation, with_for_update=True)
    held = sides.held(session, operation, by, at)
    taken = FLOW.take(operation.state, action, held, number=operation.number, words=words)
    operation.state = taken.move.target
    return taken
