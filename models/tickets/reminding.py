"""Tells people what the clock found on a ticket; takes it back when the matter has ended."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from models import events, outbox
from models.events import Event
from models.statements import Statement
from models.tickets import facts
from models.tickets.table import Ticket

HALF, MOST = "ticket_reminded_half", "ticket_reminded_most"
OVERDUE, STUCK = "ticket_overdue", "ticket_stuck"
RATING = "rating_reminded"
UNANSWERED, UNREACHED = "emergency_unanswered", "emergency_unreached"
WITHDRAWABLE = (HALF, MOST, OVERDUE, STUCK, UNANSWERED, UNREACHED)
_WITHDRAWABLE = Statement(
    select(Event.id).where(
        Event.subject_kind == "ticket",
        Event.subject_id == bindparam("ticket_id", required=True),
        or_(*(Event.verb == verb for verb in WITHDRAWABLE)),
    )
)


def tell(
    session: Session,
    ticket: Ticket,
    verb: str,
    parties: Mapping[str, Sequence[int]],
    at: datetime,
    expires_at: datetime | None = None,
) -> None:
    """The clock's event about a ticket, with the messages it causes."""
    more: dict[str, Any] = {
        "capacity": "clock",
        "old": ticket.state,
        "new": ticket.state,
        "detail": {"level": ticket.level, "due": ticket.resolve_due_at.isoformat()},
        "parties": parties,
        "quiet": facts.quiet_of(ticket.urgency, ticket.state),
        "expires_at": expires_at,
    }
    named = {"minutes": int((at - ticket.opened_at).total_seconds() // 60)}
    events.record(session, facts.fact(session, ticket, verb, at, named, **more))


def has_told(session: Session, ticket: Ticket, verb: str, *, of: datetime | None = None) -> bool:
    """Whether this was told since the matter was opened, or last opened again; `of` a deadline.

    The log is the guard: a step that was undone puts the clock back, but tells nobody twice.
    """
    told = session.scalars(
        select(Event.detail).where(
            Event.subject_kind == "ticket",
            Event.subject_id == ticket.id,
            Event.verb == verb,
            Event.at >= ticket.opened_at,
        )
    )
    return any(of is None or detail.get("due") == of.isoformat() for detail in told)


def cancel(session: Session, ticket: Ticket) -> None:
    """Nobody is reminded of what has ended: what still waits to be sent is taken back."""
    for (event_id,) in _WITHDRAWABLE.run_after_flush(session, ticket_id=ticket.id):
        outbox.cancel_event(session, event_id)
