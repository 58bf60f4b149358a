"""评价: what the reporter, or who joined, says of the end; unhappy, it is taken up again, once."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.protection import is_supporter
from models.ticket_flow import MAX_REOPENS, Action
from models.tickets import supporting
from models.tickets.actions import apply, can
from models.tickets.step import Actor
from models.tickets.table import Ticket

UNHAPPY = 2  # so many stars or fewer count as not satisfied


def rate(
    session: Session,
    ticket: Ticket,
    *,
    is_solved: bool,
    stars: int | None,
    by: int,
    at: datetime,
) -> bool:
    """Whether it was taken up again by this rating. Raises what `apply` raises."""
    is_unhappy = not is_solved or (stars is not None and stars <= UNHAPPY)
    if is_supporter(session, ticket, by):
        supporting.rate(session, ticket, is_solved=is_solved, stars=stars, by=by, at=at)
        reopens = is_unhappy and can(session, ticket, Action.REOPEN, by=Actor(by), at=at)
        if reopens:
            apply(session, ticket, Action.REOPEN, by=Actor(by), at=at)
        return reopens
    reopens = is_unhappy and ticket.reopens < MAX_REOPENS
    given: dict[str, Any] = {"solved": is_solved, "stars": stars}
    action = Action.REOPEN if reopens else Action.RATE
    apply(session, ticket, action, by=Actor(by), at=at, **given)
    return reopens
