"""撤销: a plan, an entry, a correction or the end taken back within ten minutes."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.events import Event
from models.operations import clock, ending, telling
from models.operations.flow import CORRECTED, ENDED, FOUND, INVITED, PLANNED
from models.operations.steps import STEPS
from models.operations.table import Finding, Operation
from models.stepping import recalled

undoable = STEPS.undoable


def undo(session: Session, event: Event, *, by: int, at: datetime) -> Operation:
    """Takes it back; what has not left is not sent, who has read it is told."""
    operation, step = STEPS.take_back(session, event, by=by, at=at)
    told = recalled(session, event.id, *_invitations(session, operation, event))
    if event.verb == FOUND:
        for row in _findings(session, event.detail["findings"]):
            row.retracted_at = at
    elif event.verb == CORRECTED:
        [row] = _findings(session, [event.detail["finding"]])
        for name, value in event.detail["before"].items():
            setattr(row, name, value)
    elif event.verb == ENDED:
        ending.go_on(session, operation, by=by, at=at)
    else:
        clock.set_clock(operation, at)
    telling.tell(session, operation, STEPS.undoing(step, event, told))
    return operation


def _findings(session: Session, ids: list[int]) -> list[Finding]:
    return [session.get_one(Finding, one) for one in ids]


def _invitations(session: Session, operation: Operation, event: Event) -> list[int]:
    """What else the plan has led to."""
    if event.verb != PLANNED:
        return []
    invited = select(Event.id).where(
        Event.subject_kind == telling.SUBJECT,
        Event.subject_id == operation.id,
        Event.verb == INVITED,
    )
    return list(session.scalars(invited))
