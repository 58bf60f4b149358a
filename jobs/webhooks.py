"""Tells outside systems what happened: claims, calls outside of any transaction, settles."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache

import structlog
from sqlalchemy.orm import Session

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

log = structlog.get_logger(__name__)


@loop("send_webhooks")
def send_webhooks(database: Database, now: datetime) -> int:
    return send_due(database, now, _networks())


@job("webhook_upkeep")
def webhook_upkeep(database: Database, now: datetime) -> str | None:
    with database.writing() as session:
        removed = sending.forget_old(session, now)
    return f"removed={removed}" if removed else None


def send_due(database: Database, now: datetime, allowed: list[Network]) -> int:
    """Says how many it took in hand. A slow address holds up the others of one batch at most."""
    with database.reading() as session:
        if not sending.has_due(session, now):
            return 0
    with database.writing() as session:
        sending.sweep(session, now)
        claimed = sending.claim(session, now)
    if not claimed:
        return 0
    with ThreadPoolExecutor(len(claimed), thread_name_prefix="webhooks") as pool:
        answers = list(pool.map(lambda one: _post(one, now, allowed), claimed))
    for one, answer in zip(claimed, answers, strict=True):
        with database.writing() as session:
            _settle(session, one, answer, now)
    return len(claimed)


def _post(one: Claimed, now: datetime, allowed: list[Network]) -> Answer:
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
def _networks() -> list[Network]:
    return outside.networks(Settings().outside_networks)
