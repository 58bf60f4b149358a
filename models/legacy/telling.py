"""What a legacy problem tells the log and people: every step an event of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from sqlalchemy.orm import Session

from config.settings import public_link
from models import events, places
from models.events import Event, Fact
from models.legacy.flow import LegacyState, Side
from models.legacy.table import LegacyProblem, Milestone
from models.localtime import SHANGHAI
from models.people import Person
from models.sealing import seal_for

SUBJECT = "legacy"


@dataclass(frozen=True, slots=True)
class Said:
    """One step to be told: which, by whom, to whom, with which further facts and words."""

    verb: str
    at: datetime
    by: int | None
    side: Side
    old: LegacyState | None = None
    parties: Mapping[str, Sequence[int]] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    words: str | None = None


def tell(session: Session, problem: LegacyProblem, said: Said) -> Event:
    """Writes the event and the messages it causes."""
    session.flush()
    author = session.get(Person, said.by) if said.by else None
    [event_id] = events.record(
        session,
        Fact(
            verb=said.verb,
            subject_kind=SUBJECT,
            subject_id=problem.id,
            at=said.at,
            account=problem.account,
            actor_id=said.by,
            capacity=said.side,
            old=said.old,
            new=problem.state,
            area_id=problem.area_id,
            detail=dict(said.detail),
            words=seal_for(author.own_key, said.words) if author and said.words else None,
            parties=said.parties,
            context=facts(session, problem) | {"words": said.words or "", **said.context},
        ),
    )
    return session.get_one(Event, event_id)


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
