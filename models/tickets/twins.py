"""Open tickets that may tell of the matter just reported: one statement on the way of a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, bindparam, select, type_coerce
from sqlalchemy.orm import Session

from config.categories import Urgency
from config.policy import load
from models.base import UtcDateTime
from models.statements import Statement
from models.tickets.table import IS_OPEN, About, Ticket


@dataclass(frozen=True, slots=True)
class Twin:
    """相似工单 — a neighbour's open ticket of the same class and community."""

    ticket_id: int
    text: str
    category: str
    subcategory: str | None
    evidence: Sequence[tuple[str, float]]
    place: str | None
    spot: str | None
    opened_at: datetime
    households: int
    about: About | None
    hides_reporter: bool


MOST_LOOKED_AT = 10

# By its index alone, which a test holds it to.
NEWEST = (
    # Whom it accuses as the plain word: the rows are for comparing, most of them once.
    select(
        *(Ticket.id, Ticket.subcategory, Ticket.place_name),
        *(type_coerce(Ticket.about, String), Ticket.things),
    )
    .where(
        Ticket.community_id == bindparam("community_id", required=True),
        Ticket.category == bindparam("category", required=True),
        Ticket.opened_at > bindparam("since", type_=UtcDateTime(), required=True),
        IS_OPEN,
        Ticket.reporter_id != bindparam("person_id", required=True),
        Ticket.urgency != Urgency.EMERGENCY,
    )
    .order_by(Ticket.opened_at.desc())
    .limit(MOST_LOOKED_AT)
)
_NEWEST = Statement(NEWEST)
_TWIN = Statement(
    select(
        *(Ticket.id, Ticket.text, Ticket.category, Ticket.subcategory, Ticket.evidence),
        *(Ticket.place_name, Ticket.spot, Ticket.opened_at, Ticket.households, Ticket.about),
        Ticket.hides_reporter,
    ).where(Ticket.id == bindparam("ticket_id", required=True))
)


Outline = tuple[int, str | None, str | None, str | None, str | None]
"""工单概要 — number, subcategory, place, whom it accuses and what it names."""


def newest_of_class(
    session: Session, *, community_id: int, category: str, person_id: int, now: datetime
) -> Sequence[Outline]:
    """The latest open ones of other people; one range of one index, and few rows of it."""
    since = now - timedelta(days=load("likeness")["asking"]["days"])
    return _NEWEST.run(
        session, community_id=community_id, category=category, person_id=person_id, since=since
    )


def twin(session: Session, ticket_id: int) -> Twin | None:
    """The whole of one, if it is still there."""
    row = _TWIN.first(session, ticket_id=ticket_id)
    return Twin(*row) if row and row[1] is not None else None
