"""Held messages: what waits until a person writes, and what is let go when they do."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from models.outbox import Delivery, OutboxMessage, Quiet
from models.people import Identity

KEPT_FREE = 1  # of the allowance, for the matter the person is writing about


def release_held(session: Session, person_id: int, now: datetime) -> int:
    """Lets go what the person's open windows can bear; the rest stays readable in 我的消息.

    Emergencies first, then the latest news, one message a ticket: what it says supersedes what
    came before it.
    """
    room = _allowance(session, person_id, now) - KEPT_FREE
    if room <= 0:
        return 0
    chosen = _latest_of_each_ticket(_held(session, person_id, now))[:room]
    if chosen:
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id.in_(chosen), OutboxMessage.state == Delivery.HELD)
            .values(state=Delivery.QUEUED, not_before=now, reason=None)
            .execution_options(synchronize_session=False)
        )
    return len(chosen)


def _allowance(session: Session, person_id: int, now: datetime) -> int:
    left = session.scalar(
        select(func.max(Identity.window_left)).where(
            Identity.person_id == person_id, Identity.window_until > now
        )
    )
    return left or 0


def _held(session: Session, person_id: int, now: datetime) -> Sequence[tuple[int, int | None]]:
    rows = session.execute(
        select(OutboxMessage.id, OutboxMessage.ticket_id)
        .where(
            OutboxMessage.person_id == person_id,
            OutboxMessage.state == Delivery.HELD,
            or_(OutboxMessage.expires_at.is_(None), OutboxMessage.expires_at > now),
        )
        .order_by((OutboxMessage.quiet == Quiet.IGNORE).desc(), OutboxMessage.id.desc())
    )
    return [(message_id, ticket_id) for message_id, ticket_id in rows]


def _latest_of_each_ticket(held: Sequence[tuple[int, int | None]]) -> list[int]:
    seen: set[int] = set()
    chosen = []
    for message_id, ticket_id in held:
        if ticket_id is not None and ticket_id in seen:
            continue
        if ticket_id is not None:
            seen.add(ticket_id)
        chosen.append(message_id)
    return chosen
