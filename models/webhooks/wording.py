"""What an outside system reads of a ticket: facts, its place, masked words; nobody's name."""

from typing import Any

from sqlalchemy.orm import Session

from models.masking import Hide, hiding
from models.open311 import public
from models.tickets.table import Ticket
from models.webhooks.table import Webhook


def body(session: Session, webhook: Webhook, ticket: Ticket) -> dict[str, Any]:
    """The event as it was, and its ticket as it is now; `sequence` grows along each ticket."""
    hide = hiding(public.names_of(session, [ticket])[ticket.id])
    return {
        "type": webhook.kind,
        "timestamp": webhook.at.isoformat(),
        "data": {
            "sequence": webhook.event_id,
            "from": webhook.old,
            "to": webhook.new,
            **webhook.along,
            "ticket": facts(ticket, hide),
        },
    }


def facts(ticket: Ticket, hide: Hide) -> dict[str, Any]:
    """Of a ticket, for anybody who may know of it outside."""
    ended = ticket.resolved_at or ticket.ended_at
    return {
        "id": ticket.id,
        "category": ticket.category,
        "subcategory": ticket.subcategory,
        "urgency": ticket.urgency,
        "emergency": ticket.emergency,
        "place": hide(ticket.place_name or ""),
        "area_id": ticket.area_id,
        "text": hide(ticket.text or ""),
        "state": ticket.state,
        "outcome": ticket.outcome,
        "result": hide(ticket.result or ""),
        "households": ticket.households,
        "opened_at": ticket.opened_at.isoformat(),
        "accept_due_at": ticket.accept_due_at.isoformat(),
        "resolve_due_at": ticket.resolve_due_at.isoformat(),
        "ended_at": ended.isoformat() if ended else None,
    }
