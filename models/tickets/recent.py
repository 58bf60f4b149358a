"""The matter a person is still talking about: one statement on the way of every report."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

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


_SINCE = bindparam("since", type_=UtcDateTime(), required=True)
_LATEST = Statement(
    select(Ticket.id, Ticket.category, Ticket.subcategory, Ticket.area_id)
    .where(
        Ticket.reporter_id == bindparam("person_id", required=True),
        Ticket.opened_at > _SINCE,
        Ticket.reporter_left_at.is_(None),
        IS_OPEN,
    )
    .order_by(Ticket.id.desc())
    .limit(1)
)


def has_reported(person_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether somebody reported anything, for the statement that is asked anyway; with `since`.

    Open or not: a store that nobody has analysed yet would read an index of what is open from
    end to end.
    """
    return exists(
        select(Ticket.id).where(Ticket.reporter_id == person_id, Ticket.opened_at > _SINCE)
    )


def since(now: datetime) -> datetime:
    return now - timedelta(minutes=RECENT_MINUTES)


def reported_lately(session: Session, person_id: int, now: datetime) -> Reported | None:
    row = _LATEST.first(session, person_id=person_id, since=since(now))
    return Reported(row[0], row[1], row[2], row[3]) if row else None
