"""The matter a person is still talking about: one statement on the way of every report."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models.base import UtcDateTime
from models.statements import Statement
from models.tickets.lists import RECENT_MINUTES
from models.tickets.table import IS_OPEN, Ticket


@dataclass(frozen=True, slots=True)
class Reported:
    """刚报的事 — what this person reported within the window, the latest."""

    ticket_id: int
    category: str
    subcategory: str | None
    area_id: int | None


_LATEST = Statement(
    select(Ticket.id, Ticket.category, Ticket.subcategory, Ticket.area_id)
    .where(
        Ticket.reporter_id == bindparam("person_id", required=True),
        Ticket.opened_at > bindparam("since", type_=UtcDateTime(), required=True),
        Ticket.reporter_left_at.is_(None),
        IS_OPEN,
    )
    .order_by(Ticket.id.desc())
    .limit(1)
)


def reported_lately(session: Session, person_id: int, now: datetime) -> Reported | None:
    since = now - timedelta(minutes=RECENT_MINUTES)
    row = _LATEST.first(session, person_id=person_id, since=since)
    return Reported(row[0], row[1], row[2], row[3]) if row else None
