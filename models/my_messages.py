"""Everything that was sent to one person, page by page, the latest first."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.erasure import GONE
from models.outbox import Delivery, OutboxMessage
from models.past import EveryMessage
from models.people import all_they_were

PAGE = 20


def sent_to(
    session: Session, person_id: int, *, before: int | None = None, limit: int = PAGE
) -> Sequence[OutboxMessage]:
    """Whether or not a push could bring it, however long ago. `before` ends the page before.

    What was taken back is left out, and what a neighbour's erasure has emptied.
    """
    found = select(EveryMessage).where(
        EveryMessage.person_id.in_(all_they_were(person_id)),
        EveryMessage.state != Delivery.CANCELLED,
        EveryMessage.template != GONE,
    )
    if before is not None:
        found = found.where(EveryMessage.id < before)
    return session.scalars(found.order_by(EveryMessage.id.desc()).limit(limit)).all()
