"""What a legacy problem tells the log and people: every step an event of its own."""

from typing import Any

from sqlalchemy.orm import Session

from config.settings import public_link
from models import places, telling
from models.events import Event
from models.legacy.table import LegacyProblem
from models.milestones import facts as of_milestone
from models.telling import Said

SUBJECT = "legacy"

__all__ = ["SUBJECT", "facts", "of_milestone", "tell"]


def tell(session: Session, problem: LegacyProblem, said: Said) -> Event:
    """Writes the event and the messages it causes."""
    session.flush()
    return telling.tell(session, SUBJECT, problem, said, facts(session, problem))


def facts(session: Session, problem: LegacyProblem) -> dict[str, Any]:
    """What the words about a problem are filled with. Nothing in it tells who reported."""
    return {
        "title": problem.title,
        "area": places.full_name(session, problem.area_id),
        "state": problem.state,
        "outcome": problem.outcome,
        "link": public_link(f"/p/legacy/{problem.public_id}"),
    }
