"""What an operator watches of a house: queues, messages, platform, matters. Counts alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.accounts import Account, ApiStop
from models.inbox import InboxMessage
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
IS_UNWORKED = text("inbox.outcome <> 'answered'")


@dataclass(frozen=True, slots=True)
class Reading:
    """读数 — one number of the house with what it is told apart by."""

    sign: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)


def queues(session: Session, now: datetime) -> Iterator[Reading]:
    """Tasks, and messages that are to leave: how many wait, and since when the oldest does."""
    yield from _waiting(session, "tasks", Task.due_at, IS_DUE, now)
    yield from _waiting(session, "messages", OutboxMessage.not_before, IS_QUEUED, now)
    yield Reading("tasks_failed", _count(session, Task.id, IS_FAILED))


def messages(session: Session, now: datetime) -> Iterator[Reading]:
    """Those that are under way or did not arrive, and how the calls of the last minutes ended."""
    yield Reading("messages", _count(session, OutboxMessage.id, IS_SENDING), {"state": "sending"})
    troubled = (
        select(OutboxMessage.state, func.count()).where(IS_TROUBLED).group_by(OutboxMessage.state)
    )
    for state, number in session.execute(troubled):
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
        left = (until - now).total_seconds() if until else 0
        yield Reading("access_token_seconds_left", left, {"account": account})
    stopped = select(ApiStop.account, ApiStop.api).where(ApiStop.until > now)
    for account, api in session.execute(stopped):
        yield Reading("platform_stopped", 1, {"account": account, "api": api})


SIGNS = (queues, messages, unanswered_pushes, opened, platform)


def readings(session: Session, now: datetime) -> Iterator[Reading]:
    for look in SIGNS:
        yield from look(session, now)


def _waiting(
    session: Session,
    what: str,
    due_at: InstrumentedAttribute[datetime],
    state: TextClause,
    now: datetime,
) -> Iterator[Reading]:
    number, oldest = session.execute(
        select(func.count(), func.min(due_at)).where(state, due_at <= now)
    ).one()
    yield Reading(f"{what}_due", number)
    yield Reading(f"{what}_oldest_due_seconds", (now - oldest).total_seconds() if oldest else 0)


def _count(session: Session, counted: InstrumentedAttribute[int], state: TextClause) -> int:
    return session.scalar(select(func.count(counted)).where(state)) or 0
