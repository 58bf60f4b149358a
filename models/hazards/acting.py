"""Settling a hazard: solved on the spot, passed up by a ticket, or struck out."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.categories import Intent
from models import media
from models.errors import NotAllowed, ReasonMissing, TransitionNotAllowed
from models.hazards import sides, telling
from models.hazards.flow import (
    MOVES,
    PASSED_UP,
    SOLVED,
    STRUCK,
    Entry,
    HazardAction,
    HazardState,
    Side,
)
from models.hazards.table import Hazard, HazardPhoto
from models.telling import Said
from models.tickets.opening import Opened, Report, open_ticket


def can(
    session: Session, hazard: Hazard, action: HazardAction, *, by: int | None, at: datetime
) -> bool:
    """Whether this person (None: the clock) may take the action now."""
    move = MOVES.get((hazard.state, action))
    return move is not None and bool(move.by & sides.sides(session, hazard, by, at))


def solve(session: Session, hazard: Hazard, *, by: int, at: datetime, words: str = "") -> None:
    """当场解决: a row of the ledger, and no ticket."""
    side = _checked(session, hazard, HazardAction.SOLVE, by, at)
    _move(session, hazard, HazardAction.SOLVE, Said(SOLVED, at, by, side, words=words or None))


def pass_up(session: Session, hazard: Hazard, *, by: int | None, at: datetime) -> Opened:
    """上报处理: an ordinary ticket of its finder, with an owner and deadlines."""
    side = _checked(session, hazard, HazardAction.PASS_UP, by, at)
    found = open_ticket(session, _report(hazard), at)
    photos = select(HazardPhoto.photo_id).where(HazardPhoto.hazard_id == hazard.id)
    for photo_id in session.scalars(photos):
        media.attach(session, photo_id, found.ticket_id)
    hazard.ticket_id = found.ticket_id  # its state changes with it, before anything is written
    detail = {"ticket": found.ticket_id}
    _move(session, hazard, HazardAction.PASS_UP, Said(PASSED_UP, at, by, side, detail=detail))
    return found


def strike(session: Session, hazard: Hazard, reason: str, *, by: int, at: datetime) -> None:
    """不算隐患: it leaves the counts; a ticket it may have goes its own way."""
    side = _checked(session, hazard, HazardAction.STRIKE, by, at)
    if not reason.strip():
        raise ReasonMissing(number=hazard.number, action=HazardAction.STRIKE)
    hazard.entry = Entry.STAFF
    _move(session, hazard, HazardAction.STRIKE, Said(STRUCK, at, by, side, words=reason.strip()))


def _checked(
    session: Session, hazard: Hazard, action: HazardAction, by: int | None, at: datetime
) -> Side:
    """As what this person may do it. Of two who act at once the second is refused."""
    session.refresh(hazard, with_for_update=True)
    mine = sides.sides(session, hazard, by, at)
    if not mine:
        raise NotAllowed(number=hazard.number)
    move = MOVES.get((hazard.state, action))
    if move is None:
        raise TransitionNotAllowed(
            number=hazard.number, state=hazard.state, action=action, table="hazard_state"
        )
    if not move.by & mine:
        raise NotAllowed(number=hazard.number)
    return min(move.by & mine, key=list(Side).index)


def _move(session: Session, hazard: Hazard, action: HazardAction, said: Said) -> None:
    old: HazardState = hazard.state
    hazard.state = MOVES[old, action].target
    hazard.moved_at, hazard.moved_by, hazard.clock_at = said.at, said.by, None
    telling.tell(session, hazard, old, said)


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
