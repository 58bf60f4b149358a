"""办结: a matter is ended with its result by who works on it."""

from datetime import datetime

from sqlalchemy.orm import Session

from models.ticket_flow import Action, Outcome, State
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Ticket


def finish(
    session: Session, ticket: Ticket, result: str, outcome: Outcome, *, by: int, at: datetime
) -> None:
    """Who finishes without having taken the task takes it in the same breath."""
    if ticket.state == State.DISPATCHED:
        apply(session, ticket, Action.ACCEPT, by=Actor(by), at=at)
    given = {"reason": result, "outcome": outcome}
    apply(session, ticket, Action.RESOLVE, by=Actor(by), at=at, **given)
