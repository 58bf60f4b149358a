"""Tickets whose class was set right, by the resident or by staff: what the product learns from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.past import EveryEvent
from models.tickets.table import Ticket

RECLASSIFIED = "ticket_reclassified"

Label = tuple[str, str | None]
"""A category and its child, if one was named."""


@dataclass(frozen=True)
class Correction:
    """改类记录 — what a ticket says, what it was taken for, and what it is."""

    ticket_id: int
    reporter_id: int
    text: str
    before: Label
    after: Label


@dataclass(frozen=True)
class Classed:
    """归类记录 — what a ticket says and the category it stands in."""

    text: str
    category: str


def corrections(session: Session) -> list[Correction]:
    """One a ticket, from what it was first taken for to what it is now.

    Who set a class back made no correction. What an erased person wrote is gone and is left out.
    """
    rows = session.execute(
        select(Ticket, EveryEvent.detail)
        .join(EveryEvent, EveryEvent.subject_id == Ticket.id)
        .where(
            EveryEvent.subject_kind == "ticket",
            EveryEvent.verb == RECLASSIFIED,
            Ticket.text.is_not(None),
        )
        .order_by(EveryEvent.id.desc())
    )
    # The earliest event of a ticket comes last and stays.
    first = {ticket.id: (ticket, detail["before_class"]) for ticket, detail in rows}
    found = (
        Correction(
            ticket.id,
            ticket.reporter_id,
            ticket.text or "",
            (before["category"], before["subcategory"]),
            (ticket.category, ticket.subcategory),
        )
        for ticket, before in first.values()
    )
    changed = (one for one in found if one.before[0] != one.after[0])
    return sorted(changed, key=attrgetter("ticket_id"))


def latest_texts(
    session: Session, categories: Iterable[str], *, without: Iterable[int], limit: int
) -> Sequence[Classed]:
    """What the latest tickets of these categories say, those numbers left out."""
    rows = session.execute(
        select(Ticket.text, Ticket.category)
        .where(
            Ticket.category.in_(list(categories)),
            Ticket.text.is_not(None),
            Ticket.id.not_in(list(without)),
        )
        .order_by(Ticket.id.desc())
        .limit(limit)
    )
    return [Classed(text or "", category) for text, category in rows]
