"""Claiming what outside systems are to be told, and what became of each try.

A repeat bears the id of the first try, so a try whose end nobody saw is simply made again.
"""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session, aliased

from config.policy import load
from models.outside_systems import OutsideSystem, sees
from models.tickets.table import Ticket
from models.webhooks import endpoints, hearing, wording
from models.webhooks.table import (
    IS_OPEN,
    IS_OPEN_BEFORE,
    StopReason,
    Webhook,
    WebhookEndpoint,
    WebhookState,
)

MOST_LOOKS = 50  # in one transaction, of one system


@dataclass(frozen=True, slots=True)
class Claimed:
    """领取的外发通知 — one telling that this process alone may send while its lease lasts."""

    id: int
    system_id: int
    message_id: str
    address: str
    secrets: Sequence[bytes]
    body: dict[str, Any]
    attempts: int
    lease_token: str


def has_due(session: Session, now: datetime) -> bool:
    """Whether there is anything to claim or to sweep; asked before a transaction is opened."""
    left = select(Webhook.id).where(
        IS_OPEN, Webhook.state == WebhookState.SENDING, Webhook.lease_until <= now
    )
    return session.scalar(left.limit(1)) is not None or bool(
        session.execute(_due(now).limit(1)).first()
    )


def sweep(session: Session, now: datetime) -> None:
    """What a crashed worker held is due again: the other side knows a repeat by its id."""
    session.execute(
        update(Webhook)
        .where(IS_OPEN, Webhook.state == WebhookState.SENDING, Webhook.lease_until <= now)
        .values(state=WebhookState.QUEUED, lease_token=None, lease_until=None, answer="lost")
        .execution_options(synchronize_session=False)
    )


def claim(session: Session, now: datetime, most_in_all: int) -> list[Claimed]:
    """A few for each system, so that a slow one holds up no other; commit before the first call.

    One that fails is tried with a single telling.
    """
    most = load("webhooks")["sending"]["at_once"]
    busy = Counter(
        session.scalars(
            select(Webhook.system_id).where(IS_OPEN, Webhook.state == WebhookState.SENDING)
        )
    )
    claimed: list[Claimed] = []
    waiting = _due(now).with_only_columns(Webhook.system_id).order_by(None).distinct()
    for system_id in session.scalars(waiting).all():
        endpoint = session.get_one(WebhookEndpoint, system_id)
        room = (1 if endpoint.failing_since else most) - busy[system_id]
        claimed += _of_system(session, endpoint, min(room, most_in_all - len(claimed)), now)
    return claimed


def _of_system(
    session: Session, endpoint: WebhookEndpoint, room: int, now: datetime
) -> list[Claimed]:
    """What is withheld takes no room, and makes way for the next of its ticket."""
    claimed: list[Claimed] = []
    for _ in range(MOST_LOOKS):
        due = _due(now).where(Webhook.system_id == endpoint.system_id)
        due = due.limit(max(room - len(claimed), 0)).with_for_update(skip_locked=True, of=Webhook)
        found = session.scalars(due).all()
        if not found:
            break
        taken = (_taken(session, endpoint, webhook, now) for webhook in found)
        claimed += [one for one in taken if one is not None]
        session.flush()
    return claimed


def _due(now: datetime) -> Select[Webhook]:
    """In the order of each ticket: what came before it has ended."""
    before = aliased(Webhook, name="before")
    waits_for = select(before.id).where(
        before.system_id == Webhook.system_id,
        before.ticket_id == Webhook.ticket_id,
        before.event_id < Webhook.event_id,
        IS_OPEN_BEFORE,
    )
    return (
        select(Webhook)
        .join(WebhookEndpoint, WebhookEndpoint.system_id == Webhook.system_id)
        .join(OutsideSystem, OutsideSystem.id == Webhook.system_id)
        .where(
            IS_OPEN,
            Webhook.state == WebhookState.QUEUED,
            Webhook.not_before <= now,
            WebhookEndpoint.stopped_at.is_(None),
            or_(WebhookEndpoint.rests_until.is_(None), WebhookEndpoint.rests_until <= now),
            OutsideSystem.ended_at.is_(None),
            ~waits_for.exists(),
        )
        .order_by(Webhook.not_before, Webhook.id)
    )


def _taken(
    session: Session, endpoint: WebhookEndpoint, webhook: Webhook, now: datetime
) -> Claimed | None:
    """None where it is not, or no more, for them; then it is never said."""
    system = session.get_one(OutsideSystem, webhook.system_id)
    # They may know already what was tried before: then the matter is theirs to hear of.
    is_theirs = sees(session, system) if webhook.attempts else hearing.hears(session, system)
    seen = select(Ticket).where(Ticket.id == webhook.ticket_id, is_theirs)
    ticket = session.scalars(seen).first()
    if ticket is None:
        webhook.state = WebhookState.WITHHELD
        return None
    lease = timedelta(seconds=load("webhooks")["sending"]["lease_seconds"])
    webhook.state, webhook.lease_until = WebhookState.SENDING, now + lease
    webhook.lease_token = token = secrets.token_hex(8)
    webhook.attempts += 1
    return Claimed(
        webhook.id,
        system.id,
        webhook.message_id,
        endpoint.address,
        endpoints.signing_secrets(endpoint, now),
        wording.body(session, webhook, ticket),
        webhook.attempts,
        token,
    )


def sent(session: Session, one: Claimed, answer: str, now: datetime) -> None:
    """The address works: what waited for it to do so again is due at once."""
    if not _settle(session, one, state=WebhookState.SENT, answer=answer, sent_at=now):
        return
    endpoint = session.get_one(WebhookEndpoint, one.system_id)
    if endpoint.failing_since is not None:
        endpoints.note_success(session, endpoint, now)
        session.execute(
            update(Webhook)
            .where(Webhook.system_id == one.system_id, Webhook.state == WebhookState.QUEUED)
            .values(not_before=now)
            .execution_options(synchronize_session=False)
        )


def failed(
    session: Session, one: Claimed, answer: str, now: datetime, wait: timedelta = timedelta()
) -> None:
    """Again after a growing while, and at least `wait`; over after the last of them.

    An address that has done nothing but fail for days is stopped.
    """
    rules = load("webhooks")["sending"]
    waits = rules["waits_minutes"]
    if one.attempts > len(waits):
        held = _settle(session, one, state=WebhookState.FAILED, answer=answer)
    else:
        longest = timedelta(minutes=rules["most_wait_minutes"])
        pause = max(timedelta(minutes=waits[one.attempts - 1]), min(wait, longest))
        held = _settle(
            session, one, state=WebhookState.QUEUED, answer=answer, not_before=now + pause
        )
    if not held:
        return
    endpoint = session.get_one(WebhookEndpoint, one.system_id, with_for_update=True)
    failing_for = endpoints.note_failure(session, endpoint, now)
    if endpoint.failing_told_at is not None:
        rest(session, one, now)
    is_dead = failing_for >= timedelta(hours=rules["stop_after_hours"])
    if is_dead and endpoint.stopped_at is None:
        _give_up(session, endpoint, StopReason.FAILING, now)


def rest(session: Session, one: Claimed, now: datetime) -> None:
    """Nothing else is tried there for a while, the longer the longer it has failed; then one."""
    shortest, longest = (
        timedelta(minutes=minutes) for minutes in load("webhooks")["sending"]["rest_minutes"]
    )
    endpoint = session.get_one(WebhookEndpoint, one.system_id)
    failing_for = now - (endpoint.failing_since or now)
    endpoint.rests_until = now + min(max(failing_for / 4, shortest), longest)


def gone(session: Session, one: Claimed, answer: str, now: datetime) -> None:
    """It wants nothing more."""
    if not _settle(session, one, state=WebhookState.FAILED, answer=answer):
        return
    endpoint = session.get_one(WebhookEndpoint, one.system_id, with_for_update=True)
    if endpoint.stopped_at is None:
        _give_up(session, endpoint, StopReason.GONE, now)


def forget_old(session: Session, now: datetime) -> int:
    """Whatever happened long ago: no try is made so late. What systems that have ended were still
    to be told has failed."""
    ended = select(OutsideSystem.id).where(OutsideSystem.ended_at.is_not(None))
    session.execute(
        update(Webhook)
        .where(IS_OPEN, Webhook.state == WebhookState.QUEUED, Webhook.system_id.in_(ended))
        .values(state=WebhookState.FAILED, answer="ended")
        .execution_options(synchronize_session=False)
    )
    before = now - timedelta(days=load("webhooks")["sending"]["kept_days"])
    over = session.scalars(
        delete(Webhook)
        .where(Webhook.at < before)
        .returning(Webhook.id)
        .execution_options(synchronize_session=False)
    )
    return len(over.all())


def _give_up(
    session: Session, endpoint: WebhookEndpoint, reason: StopReason, now: datetime
) -> None:
    """Whatever still waits has failed, too: it can be sent again by hand."""
    session.execute(
        update(Webhook)
        .where(Webhook.system_id == endpoint.system_id, Webhook.state == WebhookState.QUEUED)
        .values(state=WebhookState.FAILED, answer="stopped")
        .execution_options(synchronize_session=False)
    )
    endpoints.stop(session, endpoint, reason, now)


def _settle(session: Session, one: Claimed, **values: Any) -> bool:
    """False when the lease went elsewhere meanwhile: then the other's answer counts."""
    settled = session.scalars(
        update(Webhook)
        .where(
            Webhook.id == one.id,
            Webhook.state == WebhookState.SENDING,
            Webhook.lease_token == one.lease_token,
        )
        .values(lease_token=None, lease_until=None, **values)
        .returning(Webhook.id)
        .execution_options(synchronize_session=False)
    )
    return settled.first() is not None
