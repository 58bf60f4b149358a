"""What an operator watches of a house: queues, messages, platform, matters. Counts alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ScalarSelect, Select, TextClause, func, select, text, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import retention
from models.accounts import Account, ApiStop
from models.inbox import InboxMessage
from models.ledger.unworked import IS_UNWORKED
from models.outbox import IS_QUEUED, IS_SENDING, IS_TROUBLED, OutboxMessage
from models.tasks import Task
from models.tickets.table import Ticket

RECENT = timedelta(minutes=5)
HOUR = timedelta(hours=1)
LOOKED_BACK = timedelta(days=30)
# The ids rise with time; no index of all tickets does, for a report would have to write it.
LATEST_TICKETS = 50_000

# As text, so that the partial indexes serve.
IS_DUE = text("tasks.state = 'due'")
IS_FAILED = text("tasks.state = 'failed'")


@dataclass(frozen=True, slots=True)
class Reading:
    """读数 — one number of the house with what it is told apart by."""

    sign: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)


def queues(session: Session, now: datetime) -> Iterator[Reading]:
    """Tasks, and messages that are to leave: how many wait, and since when the oldest does."""
    failed = select(func.count(Task.id)).where(IS_FAILED).correlate(None).scalar_subquery()
    due, oldest, given_up = session.execute(_waiting(Task.due_at, IS_DUE, now, failed)).one()
    yield Reading("tasks_due", due)
    yield Reading("tasks_oldest_due_seconds", _age(oldest, now))
    yield Reading("tasks_failed", given_up)
    due, oldest = session.execute(_waiting(OutboxMessage.not_before, IS_QUEUED, now)).one()
    yield Reading("messages_due", due)
    yield Reading("messages_oldest_due_seconds", _age(oldest, now))


def messages(session: Session, now: datetime) -> Iterator[Reading]:
    """Those that are under way or did not arrive, and how the calls of the last minutes ended."""
    by_state = (
        select(OutboxMessage.state, func.count()).where(one).group_by(OutboxMessage.state)
        for one in (IS_SENDING, IS_TROUBLED)
    )
    for state, number in session.execute(union_all(*by_state)):
        yield Reading("messages", number, {"state": state})
    way = (OutboxMessage.channel, OutboxMessage.state, OutboxMessage.errcode)
    tried = select(*way, func.count()).where(OutboxMessage.begun_at > now - RECENT).group_by(*way)
    for channel, state, errcode, number in session.execute(tried):
        told = {"channel": channel or "", "state": state, "errcode": str(errcode or 0)}
        yield Reading("messages_tried_lately", number, told)


def unanswered_pushes(session: Session, now: datetime) -> Iterator[Reading]:
    rows = session.execute(
        select(InboxMessage.outcome, func.count())
        .where(IS_UNWORKED, InboxMessage.received_at > now - LOOKED_BACK)
        .group_by(InboxMessage.outcome)
    )
    for outcome, number in rows:
        yield Reading("pushes_unworked", number, {"outcome": outcome})


def opened(session: Session, now: datetime) -> Iterator[Reading]:
    newest = select(func.max(Ticket.id)).scalar_subquery()
    rows = session.execute(
        select(Ticket.category, func.count())
        .where(Ticket.id > newest - LATEST_TICKETS, Ticket.opened_at > now - HOUR)
        .group_by(Ticket.category)
    )
    for category, number in rows:
        yield Reading("tickets_opened_lately", number, {"category": category or ""})


def platform(session: Session, now: datetime) -> Iterator[Reading]:
    """How long the access tokens last, and which calls the platform has made us stop."""
    held = select(Account.key, Account.token_expires_at).where(Account.token_serial > 0)
    for account, until in session.execute(held):
        yield Reading("access_token_seconds_left", -_age(until, now), {"account": account})
    stopped = select(ApiStop.account, ApiStop.api).where(ApiStop.until > now)
    for account, api in session.execute(stopped):
        yield Reading("platform_stopped", 1, {"account": account, "api": api})


def old_rows(session: Session, now: datetime) -> Iterator[Reading]:
    """How far behind its term each kind of rows is that the night puts in order."""
    for kind, late in retention.behind(session, now).items():
        yield Reading("retention_behind_days", late, {"kind": kind})


SIGNS = (queues, messages, unanswered_pushes, opened, platform, old_rows)


def readings(session: Session, now: datetime) -> Iterator[Reading]:
    for look in SIGNS:
        yield from look(session, now)


def _waiting(
    due_at: InstrumentedAttribute[datetime],
    state: TextClause,
    now: datetime,
    *more: ScalarSelect[int],
) -> Select[*tuple[Any, ...]]:
    return select(func.count(), func.min(due_at), *more).where(state, due_at <= now)


def _age(since: datetime | None, now: datetime) -> float:
    return (now - since).total_seconds() if since else 0
