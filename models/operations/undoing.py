"""撤销: a plan, an entry, a correction or the end taken back within ten minutes."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.events import Event
from models.operations import clock, ending, sides, telling
from models.operations.flow import ASKED_MORE, CORRECTED, ENDED, FOUND, INVITED, PLANNED, Reply
from models.operations.steps import STEPS
from models.operations.table import Finding, Member, Operation
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
    elif event.verb == ASKED_MORE:
        told = _uninvited(session, operation, event, told)
    elif event.verb == ENDED:
        ending.go_on(session, operation, by=by, at=at)
    else:
        clock.set_clock(operation, at)
    is_off = event.verb in (PLANNED, ASKED_MORE)
    telling.tell(session, operation, STEPS.undoing(step, event, told, is_off=is_off))
    return operation


def _findings(session: Session, ids: list[int]) -> list[Finding]:
    return [session.get_one(Finding, one) for one in ids]


def _uninvited(session: Session, operation: Operation, event: Event, told: list[int]) -> list[int]:
    """But for those who have said already that they come."""
    coming = [
        one.person_id for one in sides.members(session, operation) if one.reply == Reply.COMING
    ]
    session.execute(
        delete(Member).where(
            Member.operation_id == operation.id,
            Member.post_id.in_(event.detail["posts"]),
            Member.person_id.not_in(coming),
        )
    )
    return [one for one in told if one not in coming]


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
