"""Writes what happens to a hazard into the log, and tells whom it concerns."""

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from models import telling
from models.events import Event, Fact
from models.hazards.flow import FOUND, HazardState, Side
from models.hazards.table import Hazard
from models.telling import Said

KIND = "hazard"


def tell(session: Session, hazard: Hazard, old: HazardState | None, said: Said) -> Event:
    """The finder hears of what others do with it."""
    session.flush()
    heard = replace(said, old=old, parties={"finder": [hazard.finder_id]})
    facts = {"hazard_id": hazard.id, "ticket_id": hazard.ticket_id, **place_of(hazard)}
    return telling.tell(session, KIND, hazard, heard, facts)


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
