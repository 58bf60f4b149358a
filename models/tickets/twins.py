"""Open tickets that may tell of the matter just reported: one statement on the way of a report."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import repeat
from typing import NamedTuple

from sqlalchemy import Integer, String, bindparam, select, type_coerce
from sqlalchemy.orm import Session

from config.categories import Urgency
from config.policy import load
from models.base import UtcDateTime
from models.statements import Statement
from models.tickets.table import IS_OPEN, About, Ticket


class Twin(NamedTuple):
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
    area_id: int | None
    reported_at: datetime | None


MOST_LOOKED_AT = 10
MOST_COMPARED = 4  # each costs a fiftieth of a millisecond on the way of a report

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
_NUMBERS = tuple(f"ticket_{place}" for place in range(MOST_COMPARED))
_TWINS = Statement(
    select(
        *(Ticket.id, Ticket.text, Ticket.category, Ticket.subcategory, Ticket.evidence),
        *(Ticket.place_name, Ticket.spot, Ticket.opened_at, Ticket.households, Ticket.about),
        *(Ticket.hides_reporter, Ticket.area_id, Ticket.reported_at),
    ).where(Ticket.id.in_([bindparam(name, type_=Integer(), required=True) for name in _NUMBERS]))
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


def twins(session: Session, ticket_ids: Sequence[int]) -> list[Twin]:
    """The whole of these, at most MOST_COMPARED; without those that have no words any more."""
    # The last fills what is left of the statement's places.
    padded = [*ticket_ids, *repeat(ticket_ids[-1], MOST_COMPARED)]
    rows = _TWINS.run(session, **dict(zip(_NUMBERS, padded, strict=False)))
    return [Twin(*row) for row in rows if row[1] is not None]
