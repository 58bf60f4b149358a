"""What a person is to a hazard: who may read of it, and who may settle it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from models import dispatch, on_duty, protection
from models.hazards import rules
from models.hazards.flow import Side
from models.hazards.table import Hazard
from models.posts import Role
from models.tickets.table import Ticket


def held(session: Session, hazard: Hazard, person_id: int | None, at: datetime) -> frozenset[Side]:
    """All that this person (None: the clock) is to a hazard."""
    if person_id is None:
        return frozenset({Side.CLOCK})
    found = {Side.FINDER} if person_id == hazard.finder_id else set()
    if _serves(session, hazard, person_id, rules.keepers(), at):
        found.add(Side.KEEPER)
    return frozenset(found)


def may_see(session: Session, hazard: Hazard, person_id: int, at: datetime) -> bool:
    """Who found it, and who reads the ledger of the place; never whom it accuses."""
    mine = person_id == hazard.finder_id
    return mine or _serves(session, hazard, person_id, rules.readers(), at)


def may_read_words(session: Session, hazard: Hazard, person_id: int, at: datetime) -> bool:
    """A resident's words are for those who may see their ticket."""
    if hazard.ticket_id is None or person_id == hazard.finder_id:
        return may_see(session, hazard, person_id, at)
    ticket = session.get_one(Ticket, hazard.ticket_id)
    return protection.may_see(session, ticket, person_id, at)


def accused(session: Session, hazard: Hazard, at: datetime) -> frozenset[int]:
    """Whom it is about: nothing of it is read or settled by them."""
    if hazard.about is None:
        return frozenset()
    if hazard.ticket_id is not None:
        return protection.accused_persons(session, session.get_one(Ticket, hazard.ticket_id), at)
    if hazard.area_id is None:
        return frozenset()
    return dispatch.accused_at(session, hazard.area_id, hazard.about, hazard.found_at, at)


def _serves(
    session: Session, hazard: Hazard, person_id: int, roles: Collection[Role], at: datetime
) -> bool:
    if hazard.area_id is None:
        return False
    holders = on_duty.holders_at(session, hazard.area_id, at)
    is_there = any(one.person_id == person_id and one.role in roles for one in holders)
    return is_there and person_id not in accused(session, hazard, at)
