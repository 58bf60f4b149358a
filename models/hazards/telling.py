"""Writes what happens to a hazard into the log, and tells whom it concerns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import events
from models.events import Fact
from models.hazards.flow import FOUND, HazardState, Side
from models.hazards.table import Hazard
from models.people import Person
from models.sealing import seal_for

KIND = "hazard"


@dataclass(frozen=True, slots=True)
class Said:
    """One step to be told: which, when, by whom as what, with which words."""

    verb: str
    at: datetime
    by: int | None
    side: Side
    words: str | None = None
    detail: dict[str, Any] | None = None


def tell(session: Session, hazard: Hazard, old: HazardState | None, said: Said) -> int:
    """The event's id. The finder hears of what others do with it."""
    session.flush()
    author = session.get(Person, said.by) if said.by and said.words else None
    [event_id] = events.record(
        session,
        Fact(
            verb=said.verb,
            subject_kind=KIND,
            subject_id=hazard.id,
            at=said.at,
            account=hazard.account,
            actor_id=said.by,
            capacity=said.side,
            old=old,
            new=hazard.state,
            area_id=hazard.area_id,
            detail=said.detail or {},
            words=seal_for(author.own_key, said.words) if author and said.words else None,
            parties={"finder": [hazard.finder_id]},
            context={"hazard_id": hazard.id, **place_of(hazard), "ticket_id": hazard.ticket_id},
        ),
    )
    return event_id


def found_fact(hazard: dict[str, Any], hazard_id: int) -> Fact:
    """How a hazard begins in the log; all its figures are drawn from the log alone."""
    return Fact(
        verb=FOUND,
        subject_kind=KIND,
        subject_id=hazard_id,
        at=hazard["found_at"],
        account=hazard["account"],
        actor_id=hazard["finder_id"],
        capacity=Side.FINDER,
        new=hazard["state"],
        area_id=hazard["area_id"],
        detail={
            "found_by": hazard["found_by"],
            "category": hazard["category"],
            "subcategory": hazard["subcategory"],
            "ticket": hazard["ticket_id"],
        },
    )


def place_of(hazard: Hazard) -> dict[str, Any]:
    return {
        "category": hazard.category,
        "subcategory": hazard.subcategory,
        "place": hazard.place_name,
        "spot": hazard.spot,
    }
