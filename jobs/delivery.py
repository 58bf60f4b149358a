"""Brings due messages of the ledger to people, and notes what became of each."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

import structlog

from config.policy import load
from jobs.channels.choice import Rest, Rights
from jobs.channels.postman import Outcome, Parcel, post
from jobs.channels.refusals import ApiRefused, ApiStopped, CredentialsMissing
from jobs.channels.settling import rest, settle
from jobs.channels.wechat_client import WeChatClient
from jobs.channels.wire import NotReached, Unanswered
from models import attempts
from models.attempts import Claimed
from models.base import Database
from models.delivery_results import match_early
from models.errors import StoreBusy
from models.outbox import Quiet

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
Ends = SimpleQueue[tuple[Parcel, Outcome]]
NEEDED_FOR_A_CALL = timedelta(seconds=25)  # the slowest call, with a token renewed on the way
STORE_TRIES = 5


class Pools(ExitStack):
    """Threads for each account of their own, so that a slow one holds up no other."""

    def __init__(self) -> None:
        super().__init__()
        self._pools: dict[str, ThreadPoolExecutor] = {}

    def of(self, account: str) -> ThreadPoolExecutor:
        if account not in self._pools:
            size = load("channels")["delivery"]["parallel_per_account"]
            pool = ThreadPoolExecutor(size, thread_name_prefix=f"delivery-{account}")
            self._pools[account] = self.enter_context(pool)
        return self._pools[account]


def deliver_due(database: Database, client: WeChatClient, now: datetime, limit: int = 1000) -> int:
    """Sends what is due, up to `limit` attempts; returns how many were made.

    Any number of processes may do so at once.
    """
    clock = _running_from(now)
    batch = load("channels")["delivery"]["batch"]
    with database.writing() as session:
        attempts.sweep(session, now)
        match_early(session, now)
    made = 0
    with Pools() as pools:
        while made < limit:
            claimed, parcels = _claim(database, clock(), min(batch, limit - made))
            if not claimed:
                break
            made += claimed
            _send(database, client, parcels, clock, pools)
    return made


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


def _claim(database: Database, now: datetime, limit: int) -> tuple[int, list[Parcel]]:
    """Takes messages and chooses their channels; committed before anything is sent."""
    lease = timedelta(seconds=load("channels")["delivery"]["lease_seconds"])
    parcels = []
    with database.writing() as session:
        claimed = attempts.claim(session, now, limit, lease)
        rights = Rights(session, claimed, now) if claimed else None
        for message in claimed:
            if message.expires_at is not None and message.expires_at <= now:
                attempts.expired(session, message)
                continue
            route = rights.reserve(message) if rights else None
            if isinstance(route, Rest):
                rest(session, message, route.until, now)
            elif route is None:
                _note_unreachable(message)
                attempts.held(session, message, "no channel may bring it now")
            else:
                attempts.begin(session, message, route.channel, route.identity_id, now)
                parcels.append(Parcel(message, route))
    return len(claimed), parcels


def _note_unreachable(message: Claimed) -> None:
    if message.quiet is Quiet.IGNORE:
        log.error("alert", about="emergency_reaches_nobody", message_id=message.id)


def _send(
    database: Database,
    client: WeChatClient,
    parcels: Sequence[Parcel],
    clock: Clock,
    pools: Pools,
) -> None:
    """Side by side for different persons, one after another for the same one."""
    ends: Ends = SimpleQueue()
    for account, chain in _chains(parcels):
        pools.of(account).submit(_send_chain, client, chain, clock, ends)
    _settle_all(database, ends, len(parcels), clock)


def _chains(parcels: Iterable[Parcel]) -> list[tuple[str, list[Parcel]]]:
    chains: dict[tuple[str, int | None], list[Parcel]] = {}
    for parcel in parcels:
        key = (parcel.route.account, parcel.message.person_id)
        chains.setdefault(key, []).append(parcel)
    return [(account, chain) for (account, _), chain in chains.items()]


def _send_chain(client: WeChatClient, chain: list[Parcel], clock: Clock, ends: Ends) -> None:
    for parcel in chain:
        if parcel.message.lease_until - clock() < NEEDED_FOR_A_CALL:
            ends.put((parcel, ApiStopped("lease", clock(), "the lease is nearly over")))
        else:
            ends.put((parcel, post(client, parcel, clock())))


def _settle_all(database: Database, ends: Ends, expected: int, clock: Clock) -> None:
    """One transaction for whatever has ended by now: a commit is dearer than a message."""
    while expected:
        batch = [ends.get()]
        while True:
            try:
                batch.append(ends.get_nowait())
            except Empty:
                break
        _settle_together(database, batch, clock())
        expected -= len(batch)


def _settle_together(
    database: Database, batch: list[tuple[Parcel, Outcome]], now: datetime
) -> None:
    for left in reversed(range(STORE_TRIES)):
        try:
            with database.writing() as session:
                for parcel, outcome in batch:
                    settle(session, parcel, outcome, now)
            return
        except StoreBusy:
            # What is not noted would be in doubt, though we know how it ended.
            log.warning("results_wait_for_store", results=len(batch))
            if not left:
                raise
