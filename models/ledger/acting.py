"""What staff may do about a message that did not surely arrive; each act is an event."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from models import events, outbox
from models.errors import AlreadyDone, NotFound, TooLate
from models.events import Fact
from models.ledger import lists
from models.ledger.lists import Reader
from models.ledger.wording import code_of, words_of
from models.outbox import Channel, Delivery, OutboxMessage, Quiet
from models.quiet_hours import after_quiet_hours

_columns = OutboxMessage.__table__.c


class Act(StrEnum):
    """处理 — what staff found out, or have done."""

    ARRIVED = "arrived"
    NOT_ARRIVED = "not_arrived"
    AGAIN = "again"
    TOLD = "told"  # by phone or in person


STEPS: Mapping[tuple[Delivery, Act], Delivery] = {
    (Delivery.IN_DOUBT, Act.ARRIVED): Delivery.CONFIRMED,
    (Delivery.IN_DOUBT, Act.NOT_ARRIVED): Delivery.FAILED,
    (Delivery.IN_DOUBT, Act.AGAIN): Delivery.QUEUED,
    (Delivery.IN_DOUBT, Act.TOLD): Delivery.CONFIRMED,
    (Delivery.FAILED, Act.AGAIN): Delivery.QUEUED,
    (Delivery.FAILED, Act.TOLD): Delivery.CONFIRMED,
    (Delivery.HELD, Act.AGAIN): Delivery.QUEUED,
    (Delivery.HELD, Act.TOLD): Delivery.CONFIRMED,
    (Delivery.EXPIRED, Act.TOLD): Delivery.CONFIRMED,
}


def acts_of(message: OutboxMessage, now: datetime) -> list[Act]:
    """In the order of the buttons."""
    return [one for one in Act if can(message, one, now)]


def can(message: OutboxMessage, act: Act, now: datetime) -> bool:
    if (message.state, act) not in STEPS:
        return False
    if act is Act.TOLD:
        return message.person_id is not None
    if act is not Act.AGAIN:
        return True
    code = code_of(message) if message.state is Delivery.FAILED else None
    return not _is_over(message, now) and (code is None or words_of(code).again)


def do(
    session: Session, reader: Reader, message_id: int, act: Act, *, by: int, at: datetime
) -> None:
    """Raises NotFound for a message they do not see, AlreadyDone when it moved on meanwhile."""
    message = find(session, reader, message_id, at)
    if act is Act.AGAIN and _is_over(message, at):
        raise TooLate
    if not can(message, act, at):
        raise AlreadyDone(str(message_id))
    _step(session, message, act, by, at)


def tell(session: Session, reader: Reader, message_id: int, *, by: int, at: datetime) -> int:
    """Somebody of the call list was told of everything up to this message; says how much it was."""
    message = find(session, reader, message_id, at)
    told = lists.same_call(session, reader, message, at)
    if not told:
        raise AlreadyDone(str(message_id))
    for one in told:
        _step(session, one, Act.TOLD, by, at)
    return len(told)


def find(session: Session, reader: Reader, message_id: int, now: datetime) -> OutboxMessage:
    """NotFound, in the same words, for a number nobody has and for a message they do not see."""
    found = lists.find(session, reader, message_id, now)
    if found is None:
        raise NotFound(number=str(message_id))
    return found


def _step(session: Session, message: OutboxMessage, act: Act, by: int, at: datetime) -> None:
    old, new = message.state, STEPS[message.state, act]
    code = code_of(message)
    if old is Delivery.IN_DOUBT:
        is_done = outbox.settle_doubt(session, message.id, new, _due(message, at))
    else:
        is_done = _move(session, message, new, at)
    if not is_done:
        raise AlreadyDone(str(message.id))
    fact = Fact(
        verb="message_settled",
        subject_kind="message",
        subject_id=message.id,
        at=at,
        actor_id=by,
        old=old,
        new=new,
        detail={"act": act, "errcode": code, "ticket_id": message.ticket_id},
    )
    events.record(session, fact)


def _move(session: Session, message: OutboxMessage, new: Delivery, at: datetime) -> bool:
    """A message that is sent anew has all its tries again."""
    kept = message.channel if message.channel is Channel.MASS else None
    anew: dict[str, Any] = {
        "not_before": _due(message, at),
        "channel": kept,
        "attempts": 0,
        "tried_at": None,
        "errcode": None,
    }
    found = session.execute(
        update(OutboxMessage)
        .where(_columns.id == message.id, _columns.state == message.state)
        .values(state=new, reason=None, **(anew if new is Delivery.QUEUED else {}))
        .returning(_columns.id)
        .execution_options(synchronize_session=False)
    )
    return found.first() is not None


def _due(message: OutboxMessage, at: datetime) -> datetime:
    return after_quiet_hours(at) if message.quiet is Quiet.RESPECT else at


def _is_over(message: OutboxMessage, now: datetime) -> bool:
    return message.expires_at is not None and message.expires_at <= now
