"""The plain facts of tickets that templates put into words."""

from typing import Any

from sqlalchemy.orm import Session

from models.tickets import lists
from models.tickets.table import Ticket


def line(ticket: Ticket) -> dict[str, Any]:
    """One ticket as one line of a list."""
    return {
        "ticket_id": ticket.id,
        "text": ticket.text or "",
        "category": ticket.category,
        "subcategory": ticket.subcategory,
        "urgency": ticket.urgency,
        "state": ticket.state,
        "place": ticket.place_name,
        "spot": ticket.spot,
        "accept_due": ticket.accept_due_at.isoformat(),
        "resolve_due": ticket.resolve_due_at.isoformat(),
        "households": ticket.households,
    }


def record(session: Session, ticket: Ticket) -> list[dict[str, Any]]:
    """What was said beside it lately, for staff who read on."""
    return [
        {
            "is_resident": note.author_id == ticket.reporter_id or note.came_with is not None,
            "is_hint": note.author_id is None,
            "text": note.text or "",
        }
        for note in lists.notes_of(session, ticket)
    ]
