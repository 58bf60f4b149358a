"""What was meant for a person, as the ledger keeps it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.outbox import Delivery, OutboxMessage


def recent(session: Session, person_id: int) -> Sequence[OutboxMessage]:
    """The latest first, whether or not it arrived."""
    return session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.person_id == person_id, OutboxMessage.state != Delivery.CANCELLED)
        .order_by(OutboxMessage.id.desc())
    ).all()
