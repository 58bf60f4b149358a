"""Corrections: a ticket entered by a keeper, and where a hazard is, said afterwards."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import AlreadyDone, NotAllowed
from models.hazards import entering, following, rules, telling
from models.hazards.flow import PLACED, Entry, HazardState, Side
from models.hazards.table import Hazard
from models.places import Area, full_name
from models.posts import Post, is_held
from models.protection import accused_persons, holders_for
from models.telling import Said
from models.tickets import refining
from models.tickets.table import Ticket


def enter(session: Session, ticket: Ticket, *, by: int, at: datetime) -> Hazard:
    if not _may_enter(session, ticket, by, at):
        raise NotAllowed(number=ticket.number)
    known = entering.of_ticket(session, ticket.id)
    if known is not None and known.state != HazardState.STRUCK:
        raise AlreadyDone(number="")
    held = select(Post.role).where(Post.person_id == ticket.reporter_id, is_held(at))
    roles = session.scalars(held).all()
    hazard = known or entering.enter(session, ticket, roles, Entry.STAFF, at)
    assert hazard is not None
    hazard.entry = Entry.STAFF
    following.bring_back(session, hazard, at, by)
    return hazard


def place(session: Session, hazard: Hazard, area: Area, *, by: int, at: datetime) -> None:
    """Where it is, said afterwards, as long as no ticket says it."""
    if by != hazard.finder_id or hazard.state != HazardState.FOUND:
        raise NotAllowed(number=hazard.number)
    hazard.area_id, hazard.community_id = area.id, refining.community_of(area)
    hazard.place_name = full_name(session, area.id)
    telling.tell(session, hazard, hazard.state, Said(PLACED, at, by, Side.FINDER))


def _may_enter(session: Session, ticket: Ticket, person_id: int, at: datetime) -> bool:
    holders = holders_for(session, ticket, at)
    serves = any(one.person_id == person_id and one.role in rules.keepers() for one in holders)
    return serves and person_id not in accused_persons(session, ticket, at)
