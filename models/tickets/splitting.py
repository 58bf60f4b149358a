"""One ticket that held several matters becomes several, each with its own owner and deadline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models import events
from models.errors import NotAllowed
from models.events import Fact
from models.people import Person
from models.places import Area
from models.sealing import seal_for
from models.ticket_flow import Capacity
from models.tickets import facts, refining
from models.tickets.opening import Opened, Report, open_ticket
from models.tickets.table import Ticket


@dataclass(frozen=True, slots=True)
class Kept:
    """留下的一件 — what stays with the ticket when the other matters leave it."""

    text: str
    category: str
    subcategory: str | None
    spot: str | None
    area_id: int | None  # where it says so itself
    things: frozenset[str]


def split_off(
    session: Session,
    ticket: Ticket,
    kept: Kept,
    others: Sequence[Report],
    *,
    by: int,
    at: datetime,
) -> list[Opened]:
    """The other matters get tickets of their own, also when this one has ended by now."""
    if by != ticket.reporter_id:
        raise NotAllowed(number=ticket.number)
    opened = [open_ticket(session, one, at) for one in others]
    if ticket.is_open:
        _narrow(session, ticket, kept, opened, by=by, at=at)
    return opened


def _narrow(
    session: Session, ticket: Ticket, kept: Kept, opened: Sequence[Opened], *, by: int, at: datetime
) -> None:
    """All that was said stays in the event, sealed by its author's key."""
    whole, ticket.text = ticket.text, kept.text
    ticket.spot = kept.spot or ticket.spot
    ticket.things = " ".join(sorted(kept.things)) or None
    if kept.area_id not in (None, ticket.area_id):
        refining.place(session, ticket, session.get_one(Area, kept.area_id), by=by, at=at)
    if ticket.category != kept.category:
        refining.reclassify(session, ticket, kept.category, kept.subcategory, by=by, at=at)
    author = session.get_one(Person, by)
    events.record(
        session,
        Fact(
            verb="ticket_split",
            subject_kind="ticket",
            subject_id=ticket.id,
            at=at,
            account=ticket.account,
            actor_id=by,
            capacity=Capacity.REPORTER,
            area_id=ticket.area_id,
            detail={"into": [one.ticket_id for one in opened]},
            words=seal_for(author.own_key, whole) if whole else None,
            parties=facts.parties(session, ticket),
            context=facts.context(session, ticket),
        ),
    )
