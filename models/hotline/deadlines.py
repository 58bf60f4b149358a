"""The hotline's own deadline, kept beside the ticket's: the earlier of the two is watched.

The ticket's stays what the promise to the resident and the figures are made of.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models.hotline import telling
from models.hotline.table import HotlineOrder
from models.tickets import supporting, ticking
from models.tickets.table import Ticket

REMINDED, OVERDUE, SET = "hotline_reminded", "hotline_overdue", "hotline_due_set"


def is_earlier(row: HotlineOrder, ticket: Ticket) -> bool:
    return row.due_at is not None and row.due_at < ticket.resolve_due_at


def keep(session: Session, row: HotlineOrder, due_at: datetime | None, at: datetime) -> None:
    """The deadline is this now."""
    row.due_at = due_at
    row.clock_at = next_moment(row, at)
    tell(session, row, at)


def tell(session: Session, row: HotlineOrder, at: datetime) -> None:
    """The owner hears of one that comes before ours."""
    if row.clock_at is None:
        return
    ticket = supporting.main_of(session, session.get_one(Ticket, row.ticket_id))
    if ticket.is_open and is_earlier(row, ticket):
        told = {"owner": telling.owner_of(ticket)}
        telling.tell(session, row, ticket, SET, told, by=None, at=at)


def stop(row: HotlineOrder) -> None:
    row.clock_at = None


def due(session: Session, now: datetime) -> Sequence[int]:
    return session.scalars(
        select(HotlineOrder.id)
        .where(HotlineOrder.clock_at <= now)
        .order_by(HotlineOrder.clock_at, HotlineOrder.id)
    ).all()


def tick(session: Session, row: HotlineOrder, now: datetime) -> str | None:
    """Says what was told. Of several moments that have passed only the last is told."""
    if row.clock_at is None or row.clock_at > now:
        return None
    row.clock_at = next_moment(row, now)
    ticket = supporting.main_of(session, session.get_one(Ticket, row.ticket_id))
    if not ticket.is_open:
        stop(row)
        return None
    if not is_earlier(row, ticket) or row.due_at is None:
        return None
    verb = OVERDUE if row.due_at <= now else REMINDED
    told = {"owner": telling.owner_of(ticket)}
    if verb == OVERDUE:
        told["supervisors"] = ticking.watching(session, ticket, now, ticking.WATCHING)
    telling.tell(session, row, ticket, verb, told, by=None, at=now)
    return verb


def next_moment(row: HotlineOrder, after: datetime) -> datetime | None:
    """Of the shares of the time from the call to the deadline, the next that has not passed."""
    if row.due_at is None:
        return None
    whole = row.due_at - row.called_at
    shares = load("hotline")["reminding"]["shares"]
    return next(
        (at for at in (row.called_at + whole * one / 100 for one in shares) if at > after), None
    )
