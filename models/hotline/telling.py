"""What becomes of an order is told on the timeline of the ticket that carries it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models import events
from models.hotline.table import HotlineOrder
from models.tickets import facts
from models.tickets.table import Ticket


def tell(
    session: Session,
    row: HotlineOrder,
    ticket: Ticket,
    verb: str,
    parties: Mapping[str, Sequence[int]],
    *,
    by: int | None,
    at: datetime,
) -> None:
    named = {
        "source": row.source,
        "order": row.number,
        "hotline_due": row.due_at.isoformat() if row.due_at else None,
    }
    more = {
        "actor_id": by,
        "detail": {"order": row.id, "number": row.number},
        "parties": parties,
        "quiet": facts.quiet_of(ticket.urgency, ticket.state),
    }
    events.record(session, facts.fact(session, ticket, verb, at, named, **more))


def owner_of(ticket: Ticket) -> list[int]:
    return [ticket.owner_id] if ticket.owner_id else []
