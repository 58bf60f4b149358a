"""What happened to one thing, step by step, by whom, and what was said."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.past import EveryEvent
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
        select(EveryEvent, Person.name, Person.own_key)
        .outerjoin(Person, Person.id == EveryEvent.actor_id)
        .where(
            EveryEvent.subject_kind == kind,
            EveryEvent.subject_id.in_(numbers),
            EveryEvent.verb.not_in(without),
        )
        .order_by(EveryEvent.id)
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
