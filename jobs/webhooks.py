"""Tells outside systems what happened: claims, calls outside of any transaction, settles."""

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from functools import cache
from typing import Self

import structlog
from sqlalchemy.orm import Session

from config.policy import load
from config.settings import Settings
from jobs.channels import outside
from jobs.channels.outside import Answer, Network
from jobs.queue import loop
from jobs.schedule import job
from models.base import Database
from models.webhooks import sending
from models.webhooks.sending import Claimed

OK = range(200, 300)
GONE = 410
DOWN = {429, *range(500, 600)}
MOMENT = 0.5  # seconds, within which what is due by then is seen

log = structlog.get_logger(__name__)


@loop("send_webhooks")
def send_webhooks(database: Database, now: datetime) -> int:
    return _sender(database).turn(now)


@job("webhook_upkeep")
def webhook_upkeep(database: Database, now: datetime) -> str | None:
    with database.writing() as session:
        removed = sending.forget_old(session, now)
    return f"removed={removed}" if removed else None


class Sender:
    """发送台 — the calls of one process that are under way; a slow one holds up no other."""

    def __init__(self, database: Database, allowed: Sequence[Network]) -> None:
        self._database = database
        self._allowed = allowed
        self._most = load("webhooks")["sending"]["in_flight"]
        self._pool = ThreadPoolExecutor(self._most, thread_name_prefix="webhooks")
        self._under_way: set[Future[None]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """After all calls that are under way."""
        self._pool.shutdown()

    def turn(self, now: datetime) -> int:
        """Begins what is due; where that is nothing, waits for a moment. Says whether anything
        is in hand."""
        begun = self.begin(now)
        if not begun and self._under_way:
            wait(self._under_way, timeout=MOMENT, return_when=FIRST_COMPLETED)
        in_hand = len(self._under_way)
        self._under_way = {one for one in self._under_way if not one.done()}
        return in_hand

    def begin(self, now: datetime) -> int:
        """How many it has begun."""
        free = self._most - len(self._under_way)
        with self._database.reading() as session:
            if not free or not sending.has_due(session, now):
                return 0
        with self._database.writing() as session:
            sending.sweep(session, now)
            claimed = sending.claim(session, now, free)
        self._under_way |= {self._pool.submit(self._call, one, now) for one in claimed}
        return len(claimed)

    def _call(self, one: Claimed, now: datetime) -> None:
        """What can not be written down is due again when its lease ends."""
        try:
            answer = _post(one, now, self._allowed)
            with self._database.writing() as session:
                _settle(session, one, answer, now)
        except Exception as failure:
            log.error("webhook_not_settled", webhook_id=one.id, error=type(failure).__name__)
            log.debug("webhook_not_settled_because", exc_info=True)


def _post(one: Claimed, now: datetime, allowed: Sequence[Network]) -> Answer:
    body = outside.encoded(one.body)
    return outside.post(
        one.address, body, outside.headers(one.secrets, one.message_id, now, body), allowed
    )


def _settle(session: Session, one: Claimed, answer: Answer, now: datetime) -> None:
    """The address may hold a secret of the other side: a failure is told by the system's id."""
    if answer.status in OK:
        sending.sent(session, one, answer.reason, now)
        return
    log.warning(
        "webhook_not_taken", webhook_id=one.id, system_id=one.system_id, answer=answer.reason
    )
    if answer.status == GONE:
        sending.gone(session, one, answer.reason, now)
        return
    sending.failed(session, one, answer.reason, now, answer.wait)
    if answer.status is None or answer.status in DOWN:
        sending.rest(session, one, now)


@cache
def _sender(database: Database) -> Sender:
    return Sender(database, outside.networks(Settings().outside_networks))
