"""Ratings by neighbours who joined: one voice a person and ticket, the last one."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.metrics.counted import COUNTED
from models.metrics.tally import is_content
from models.past import EveryEvent
from models.tickets.table import Ticket

RATED = "supporter_rated"


def keep(
    session: Session, ticket: Ticket, person_id: int, *, is_solved: bool, stars: int | None
) -> dict[str, Any]:
    """Counts it in place of what this person said before; returns what the event keeps of it.

    Read from the log: the row of who joined is gone as soon as their report is taken apart.
    """
    former = session.scalars(
        select(EveryEvent.detail)
        .where(
            EveryEvent.subject_kind == "ticket",
            EveryEvent.subject_id == ticket.id,
            EveryEvent.verb == RATED,
            EveryEvent.actor_id == person_id,
        )
        .order_by(EveryEvent.id.desc())
        .limit(1)
    ).first()
    was_content = former is not None and is_content(former["stars"], former["solved"])
    ticket.joined_ratings += former is None
    ticket.joined_satisfied += bool(is_content(stars, is_solved)) - bool(was_content)
    now_kept = ("joined_ratings", "joined_satisfied")
    return {COUNTED: {name: getattr(ticket, name) for name in now_kept}}
