"""What happened to one thing, step by step, by whom, and what was said."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.events import Event
from models.people import Person
from models.sealing import open_for


@dataclass(frozen=True, slots=True)
class Step:
    """经过 — one thing that happened, by whom, and what was said."""

    number: int  # of the thing
    verb: str
    at: datetime
    side: str
    name: str
    words: str


def steps(
    session: Session, kind: str, *numbers: int, without: Collection[str] = ()
) -> Sequence[Step]:
    rows = session.execute(
        select(Event, Person.name, Person.own_key)
        .outerjoin(Person, Person.id == Event.actor_id)
        .where(
            Event.subject_kind == kind, Event.subject_id.in_(numbers), Event.verb.not_in(without)
        )
        .order_by(Event.id)
    )
    return [
        Step(
            event.subject_id,
            event.verb,
            event.at,
            event.capacity or "",
            name or "",
            open_for(key, event.words) or "",
        )
        for event, name, key in rows
    ]
