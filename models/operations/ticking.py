"""What the clock does to operations: a reminder, the beginning, a question whether it is over."""

from datetime import datetime

from sqlalchemy.orm import Session

from config.settings import public_link
from models.notices.table import OUT, Notice, NoticeState
from models.operations import clock, ending, planning, sides, telling
from models.operations.flow import OVERRUN, REMINDED, OperationAction, OperationState, Side
from models.operations.steps import STEPS
from models.operations.table import Operation
from models.outbox import Quiet
from models.telling import Said


def tick(session: Session, operation: Operation, now: datetime) -> str | None:
    """Does what has come due, of several the weightiest. Says what was done."""
    if operation.clock_at is None or operation.clock_at > now:
        return None
    if operation.state == OperationState.PLANNED and operation.starts_at <= now:
        planning.start(session, operation, by=None, at=now)
        return "started"
    is_before = operation.state == OperationState.PLANNED
    clock.set_clock(operation, now)
    leader = sides.leader_of(session, operation, now)
    told = {"leader": [leader] if leader else []}
    if is_before:
        told["members"] = sides.coming(session, operation)
    said = Said(
        REMINDED if is_before else OVERRUN,
        now,
        None,
        Side.CLOCK,
        operation.state,
        parties=told,
        quiet=Quiet.AWAKE if is_before else Quiet.RESPECT,
        expires_at=operation.starts_at if is_before else None,
    )
    telling.tell(session, operation, said)
    return "reminded" if is_before else "overrun"


def settle(session: Session, operation: Operation, now: datetime) -> str | None:
    """Its result sheet is out, or was withdrawn: then counting goes on until the next end."""
    sheet = session.get(Notice, operation.notice_id) if operation.notice_id else None
    if operation.state != OperationState.ENDED or sheet is None:
        return None
    if sheet.state == NoticeState.WITHDRAWN:
        return _take_up(session, operation, now)
    return _publish(session, operation, now) if sheet.state in OUT else None


def _take_up(session: Session, operation: Operation, now: datetime) -> str:
    step = STEPS.begin(session, operation, OperationAction.TAKE_UP, by=None, at=now)
    ending.count_on(session, operation, now)
    leader = sides.leader_of(session, operation, now) or operation.leader_id
    said = step.said(parties={"leader": [leader]})
    telling.tell(session, operation, said)
    return "taken_up"


def _publish(session: Session, operation: Operation, now: datetime) -> str:
    """Who took part hears where it is read; who wrote the sheet hears it as its author."""
    step = STEPS.begin(session, operation, OperationAction.PUBLISH, by=None, at=now)
    said = step.said(
        parties={"members": sides.coming(session, operation)},
        context={
            "notice_id": operation.notice_id,
            "link": public_link(f"/p/notices/{operation.notice_id}"),
        },
    )
    telling.tell(session, operation, said)
    return "published"
