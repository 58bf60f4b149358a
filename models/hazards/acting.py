"""Settling a hazard: solved on the spot, passed up by a ticket, or struck out."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.categories import Intent
from models import media
from models.claims import claim
from models.hazards import sides, telling
from models.hazards.flow import FLOW, Entry, HazardAction, HazardState, Side
from models.hazards.table import Hazard, HazardPhoto
from models.moves import Taken
from models.telling import Said
from models.tickets.opening import Opened, Report, open_ticket


def can(
    session: Session, hazard: Hazard, action: HazardAction, *, by: int | None, at: datetime
) -> bool:
    """Whether this person (None: the clock) may take the action now."""
    return FLOW.can(hazard.state, action, sides.held(session, hazard, by, at))


def solve(session: Session, hazard: Hazard, *, by: int, at: datetime, words: str = "") -> None:
    """当场解决: a row of the ledger, and no ticket."""
    taken = _taken(session, hazard, HazardAction.SOLVE, by, at)
    _move(session, hazard, taken, by, at, words=words or None)


def pass_up(session: Session, hazard: Hazard, *, by: int | None, at: datetime) -> Opened:
    """上报处理: an ordinary ticket of its finder, with an owner and deadlines."""
    taken = _taken(session, hazard, HazardAction.PASS_UP, by, at)
    found = open_ticket(session, _report(hazard), at)
    photos = select(HazardPhoto.photo_id).where(HazardPhoto.hazard_id == hazard.id)
    for photo_id in session.scalars(photos):
        media.attach(session, photo_id, found.ticket_id)
    hazard.ticket_id = found.ticket_id  # its state changes with it, before anything is written
    _move(session, hazard, taken, by, at, detail={"ticket": found.ticket_id})
    return found


def strike(session: Session, hazard: Hazard, reason: str, *, by: int, at: datetime) -> None:
    """不算隐患: it leaves the counts; a ticket it may have goes its own way."""
    taken = _taken(session, hazard, HazardAction.STRIKE, by, at, reason)
    hazard.entry = Entry.STAFF
    _move(session, hazard, taken, by, at, words=reason.strip())


def _taken(
    session: Session,
    hazard: Hazard,
    action: HazardAction,
    by: int | None,
    at: datetime,
    words: str | None = None,
) -> Taken[HazardState, Side]:
    """Of two who act at once the second is refused."""
    claim(session, hazard)
    held = sides.held(session, hazard, by, at)
    return FLOW.take(hazard.state, action, held, number=hazard.number, words=words)


def _move(
    session: Session,
    hazard: Hazard,
    taken: Taken[HazardState, Side],
    by: int | None,
    at: datetime,
    **told: Any,
) -> None:
    hazard.state = taken.move.target
    hazard.moved_at, hazard.moved_by, hazard.clock_at = at, by, None
    said = Said(taken.move.verb, at, by, taken.side, **told)
    telling.tell(session, hazard, taken.old, said)


def _report(hazard: Hazard) -> Report:
    return Report(
        account=hazard.account,
        reporter_id=hazard.finder_id,
        text=hazard.text or "",
        category=hazard.category,
        subcategory=hazard.subcategory,
        urgency=hazard.urgency,
        intent=Intent.HAZARD,
        confidence=hazard.confidence,
        evidence=[(word, weight) for word, weight in hazard.evidence],
        about=hazard.about,
        hides_reporter=hazard.about is not None,
        area_id=hazard.area_id,
        community_id=hazard.community_id,
        place_name=hazard.place_name,
        spot=hazard.spot,
        hazard_id=hazard.id,
    )
