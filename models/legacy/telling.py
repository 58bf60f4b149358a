"""What a legacy problem tells the log and people: every step an event of its own."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy.orm import Session

from config.settings import public_link
from models import places, telling
from models.events import Event
from models.legacy.table import LegacyProblem, Milestone
from models.localtime import SHANGHAI
from models.telling import Said

SUBJECT = "legacy"


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


def of_milestone(milestone: Milestone) -> dict[str, Any]:
    return {
        "milestone": milestone.title,
        "due": _noon(milestone.due_on),
        "first_due": _noon(milestone.first_due_on),
        "milestone_state": milestone.state,
        "reason": milestone.reason or "",
    }


def _noon(day: date) -> str:
    """A day as the templates take it: a moment that falls on it in the neighbourhood."""
    return datetime.combine(day, time(12), SHANGHAI).isoformat()
