"""When the clock next has something to do to an operation, and what it then does."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models.notices.table import OUT, Notice, NoticeState
from models.operations.flow import OperationState
from models.operations.table import Operation

MOST = 500  # of one round; the next minute brings the rest


def set_clock(operation: Operation, at: datetime) -> None:
    """Before it: a reminder and the beginning; meanwhile: is it over? Afterwards nothing."""
    operation.clock_at = min((one for one in moments(operation) if one > at), default=None)


def moments(operation: Operation) -> list[datetime]:
    table = load("operations")
    if operation.state == OperationState.PLANNED:
        reminder = operation.starts_at - timedelta(minutes=table["remind_minutes"])
        return [reminder, operation.starts_at]
    if operation.state == OperationState.UNDER_WAY and operation.started_at is not None:
        return [operation.started_at + timedelta(hours=table["overrun_hours"])]
    return []


def due(session: Session, now: datetime) -> Sequence[int]:
    """Operations with something to do."""
    return session.scalars(
        select(Operation.id)
        .where(Operation.clock_at <= now)
        .order_by(Operation.clock_at, Operation.id)
        .limit(MOST)
    ).all()


def decided(session: Session) -> Sequence[int]:
    """Operations whose result sheet has been published or withdrawn meanwhile."""
    settled = [*OUT, NoticeState.WITHDRAWN]
    return session.scalars(
        select(Operation.id)
        .join(Notice, Notice.id == Operation.notice_id)
        .where(Operation.state == OperationState.ENDED, Notice.state.in_(settled))
        .order_by(Operation.id)
        .limit(MOST)
    ).all()
