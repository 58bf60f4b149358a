"""撤销: a plan, an entry, a correction or the end taken back within ten minutes."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import outbox
from models.errors import TooLate
from models.events import Event
from models.operations import clock, ending, telling
from models.operations.actions import can, move
from models.operations.flow import (
    CORRECTED,
    ENDED,
    FOUND,
    INVITED,
    PLANNED,
    UNDONE,
    OperationAction,
)
from models.operations.table import Finding, Operation
from models.telling import Said
from models.ticket_flow import UNDO_MINUTES

# What is taken back as which action. Replies are simply given anew.
TAKEN_BACK_AS = {
    PLANNED: OperationAction.UNPLAN,
    FOUND: OperationAction.CORRECT,
    CORRECTED: OperationAction.CORRECT,
    ENDED: OperationAction.REOPEN,
}


def undoable(session: Session, person_id: int, now: datetime) -> Event | None:
    """This person's last step on an operation, if it is lately taken and can be taken back."""
    steps = session.scalars(
        select(Event)
        .where(
            Event.subject_kind == telling.SUBJECT,
            Event.actor_id == person_id,
            Event.verb.in_([*TAKEN_BACK_AS, UNDONE]),
            Event.at >= now - timedelta(minutes=UNDO_MINUTES),
        )
        .order_by(Event.id.desc())
    ).all()
    undone = {one.detail["undone_event"] for one in steps if one.verb == UNDONE}
    left = (one for one in steps if one.verb != UNDONE and one.id not in undone)
    last = next(left, None)
    if last is None:
        return None
    operation = session.get_one(Operation, last.subject_id)
    action = TAKEN_BACK_AS[last.verb]
    return last if can(session, operation, action, by=person_id, at=now) else None


def undo(session: Session, event: Event, *, by: int, at: datetime) -> Operation:
    """Takes it back; what has not left is not sent, who has read it is told."""
    operation = session.get_one(Operation, event.subject_id)
    if undoable(session, by, at) is not event:
        raise TooLate(number=operation.number)
    told = _corrected(session, operation, event)
    found, before, side = move(session, operation, TAKEN_BACK_AS[event.verb], by=by, at=at)
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
    detail = {"undone_event": event.id, "undone": event.verb}
    said = Said(UNDONE, at, by, side, before, parties={"told": told}, detail=detail)
    telling.tell(session, operation, said)
    return operation


def _findings(session: Session, ids: list[int]) -> list[Finding]:
    return [session.get_one(Finding, one) for one in ids]


def _corrected(session: Session, operation: Operation, event: Event) -> list[int]:
    """Who has read of the plan or of the end meanwhile."""
    caused = [event.id]
    if event.verb == PLANNED:
        caused += session.scalars(
            select(Event.id).where(
                Event.subject_kind == telling.SUBJECT,
                Event.subject_id == operation.id,
                Event.verb == INVITED,
            )
        )
    left = [message for one in caused for message in outbox.cancel_event(session, one)]
    return [one.person_id for one in left if one.person_id is not None]
