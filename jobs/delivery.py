"""Brings due messages of the ledger to people, and notes what became of each."""

import time
from datetime import datetime, timedelta

import structlog

from bots import wording
from config.policy import load
from jobs.channels.refusals import ApiRefused, ApiStopped, CredentialsMissing
from jobs.channels.wechat_client import WeChatClient
from jobs.channels.wire import NotReached, Unanswered
from jobs.sending import Clock, Pools, Sending
from models import stale_messages
from models.base import Database
from models.delivery_results import match_early

log = structlog.get_logger(__name__)


def deliver_due(database: Database, client: WeChatClient, now: datetime, limit: int = 1000) -> int:
    """Sends what is due, up to `limit` attempts; returns how many were made.

    Any number of processes may do so at once.
    """
    with database.writing() as session:
        stale_messages.sweep(session, now)
        match_early(session, now)
        wording.follow(session)
    with Pools(load("channels")["delivery"]["parallel_per_account"]) as pools:
        return Sending(database, client, _running_from(now), pools).run(limit)


def refresh_access_tokens(client: WeChatClient) -> list[str]:
    """Renews the tokens that are near their end, so that no message waits for one; returns the
    accounts that have none now."""
    failing = []
    for account in client.tokens.accounts():
        try:
            client.tokens.current(account)
        except (ApiRefused, ApiStopped, CredentialsMissing, NotReached, Unanswered) as failure:
            log.warning("no_access_token", account=account, error=str(failure))
            failing.append(account)
    return failing


def _running_from(now: datetime) -> Clock:
    """The given moment, and then as time goes on: leases outlast a long batch."""
    began = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - began)
