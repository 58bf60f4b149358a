"""One message, whatever the number of its deliveries: worked on once, one reply kept."""

from asyncio import to_thread
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from msgspec import Struct
from msgspec.structs import asdict, replace
from sqlalchemy.orm import Session

from app.logs import fault
from app.wechat.limit import MinuteLimit
from bots.message import IncomingMessage
from models import inbox, speakers, tracing
from models.base import Database
from models.errors import StoreBusy
from models.inbox import FromErased, Letter, Overtaken, Received

LAST_DELIVERY = 3  # WeChat does not try a fourth time

log = structlog.get_logger(__name__)


class NotKept(Exception):
    """The work of this delivery was not kept: the platform shall repeat the message."""


class Delivery(Struct, frozen=True, gc=False):
    """一次投递 — one of up to three times that the platform brings a message."""

    message: IncomingMessage
    arrived: datetime
    deadline: datetime  # words reach the person in the answer before this moment, not after
    request: str = ""  # its number in the log, where another process may do the work


class Answered(Struct, frozen=True, gc=False):
    """应答 — what the answer to this delivery says; none means `success`."""

    text: str | None
    received_at: datetime


@dataclass(frozen=True)
class Desk:
    """收件台 — what is done with a message inside the transaction.

    A reply that is too late for the answer is given to `deliver_late`; `on_failure` calls a
    person and words the apology when the work has failed on every delivery.
    """

    clock: Callable[[], datetime]
    answer: Callable[[Session, IncomingMessage, Any, datetime], str | None]
    deliver_late: Callable[[Session, int, IncomingMessage, str, datetime], object]
    on_failure: Callable[[Session, IncomingMessage, datetime], str]
    limit: MinuteLimit

    def take(self, delivery: Delivery, heard: Any, session: Session) -> Received:
        """Works on the message unless that is done, and keeps its reply."""
        with tracing.Afresh(delivery.request):
            letter = letter_of(delivery)
            received = speakers.receive(session, letter)
            if not received.is_repeat:
                received = self._work(session, delivery, letter, received, heard)
            return self.settle(session, delivery, received)

    def _work(
        self, session: Session, delivery: Delivery, letter: Letter, received: Received, heard: Any
    ) -> Received:
        message, now = delivery.message, delivery.arrived
        if message.is_from_person and self.limit.is_over(
            message.account, message.openid, now, message.key
        ):
            return inbox.limit(session, letter, received, content_of(message), now)
        try:
            reply = self.answer(session, message, heard, now) or None
        except FromErased as repeat:
            return repeat.received
        return inbox.keep_reply(session, letter, received, reply, self.clock())

    def settle(self, session: Session, delivery: Delivery, received: Received) -> Received:
        """Sends the reply apart when this delivery can not carry it any more."""
        if received.reply is None or received.is_deferred or self.clock() < delivery.deadline:
            return received
        inbox_id = inbox.defer(session, letter_of(delivery), received)
        if inbox_id is not None:
            self.deliver_late(session, inbox_id, delivery.message, received.reply, delivery.arrived)
        return replace(received, is_deferred=True)

    def keep_failure(self, delivery: Delivery, session: Session) -> Received:
        """Keeps what was said, so that no fault of ours loses it; the last delivery apologises."""
        message, now, letter = delivery.message, delivery.arrived, letter_of(delivery)
        received = inbox.receive(session, letter)
        if received.is_repeat:
            return self.settle(session, delivery, received)
        if received.deliveries < LAST_DELIVERY:
            return inbox.keep_unworked(session, letter, received, content_of(message))
        reply = self.on_failure(session, message, now)
        received = inbox.give_up(session, letter, received, reply, content_of(message), now)
        return self.settle(session, delivery, received)


Write = Callable[[Delivery, Any], Awaitable[Received]]


@dataclass(frozen=True)
class Intake:
    """收件 — takes a message through the inbox to its answer.

    `prepare` runs before the transaction. `write` has the desk take what was heard: in this
    process, or in the one that writes for all. What else has to wait for the store does so in a
    thread aside.
    """

    database: Database
    desk: Desk
    prepare: Callable[[IncomingMessage], Any]
    write: Write

    @property
    def clock(self) -> Callable[[], datetime]:
        return self.desk.clock

    async def take(self, delivery: Delivery) -> Answered:
        """Raises NotKept when the platform shall repeat the message."""
        try:
            received = await self._received(delivery)
            if self._is_late(delivery, received):
                received = await to_thread(self._defer, delivery, received)
        finally:
            tracing.REQUEST.set(delivery.request)  # others have come by meanwhile
        return Answered(None if received.is_deferred else received.reply, received.received_at)

    async def _received(self, delivery: Delivery) -> Received:
        message = delivery.message
        try:
            return await self.write(delivery, self.prepare(message))
        except StoreBusy as busy:
            tracing.REQUEST.set(delivery.request)
            log.warning("store_busy", account=message.account)
            raise NotKept from busy
        except Exception as failure:
            tracing.REQUEST.set(delivery.request)
            log.error("work_failed", account=message.account, kind=message.kind, **fault(failure))
            log.debug("work_failed_because", exc_info=failure)
            return await to_thread(self._keep_failure, delivery)

    def _is_late(self, delivery: Delivery, received: Received) -> bool:
        """Looks at the clock again: the commit itself may have been the slow part."""
        is_reply = bool(received.reply) and not received.is_deferred
        return is_reply and self.clock() >= delivery.deadline

    def _defer(self, delivery: Delivery, received: Received) -> Received:
        try:
            with self.database.writing() as session:
                return self.desk.settle(session, delivery, received)
        except Exception as failure:
            log.error("late_reply_failed", account=delivery.message.account, **fault(failure))
            raise NotKept from failure

    def _keep_failure(self, delivery: Delivery) -> Received:
        try:
            received = self._kept_failure(delivery)
        except Exception as failure:
            log.error("failure_not_kept", account=delivery.message.account, **fault(failure))
            raise NotKept from failure
        if not received.is_repeat:
            raise NotKept
        return received

    def _kept_failure(self, delivery: Delivery) -> Received:
        try:
            with self.database.writing() as session:
                return self.desk.keep_failure(delivery, session)
        except Overtaken:  # then another delivery of it did not fail
            with self.database.writing() as session:
                return self.desk.keep_failure(delivery, session)


def write_here(database: Database, desk: Desk) -> Write:
    """Has the desk take what was heard in a transaction of this process, in a thread aside."""

    def taken(work: Callable[[Session], Received]) -> Received:
        try:
            return database.write(work)
        except Overtaken:  # by another process; what that one has kept is found now
            return database.write(work)

    async def write(delivery: Delivery, heard: Any) -> Received:
        return await to_thread(taken, partial(desk.take, delivery, heard))

    return write


def letter_of(delivery: Delivery) -> Letter:
    """The row that the message of this delivery has, or will have."""
    message = delivery.message
    return Letter(
        message.account,
        message.openid,
        message.key,
        message.event or message.kind,
        delivery.arrived,
    )


def content_of(message: IncomingMessage) -> dict[str, Any]:
    """All a message says, as plain data, for the rows that nothing else was made of."""
    content = {name: value for name, value in asdict(message).items() if value is not None}
    return content | {"sent_at": message.sent_at.isoformat()}
