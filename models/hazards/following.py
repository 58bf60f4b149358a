"""A hazard moves as its ticket does, whoever moves that: nobody types anything twice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models.hazards import entering, rules, telling
from models.hazards.flow import FOLLOWED, FOLLOWING, PLACED, Entry, HazardState, Side, state_by
from models.hazards.table import Hazard
from models.posts import Post, is_held
from models.statements import Statement
from models.telling import Said
from models.tickets.supporting import main_of
from models.tickets.table import Ticket

_TICKET: Any = bindparam("ticket_id", required=True)
_part = select(Ticket.id).where(Ticket.id == _TICKET).cte("part", recursive=True)
_part = _part.union(select(Ticket.id).where(Ticket.merged_into == _part.c.id))
# Every step of every ticket asks, and on most nothing hangs.
_OF_TICKET = Statement(select(Hazard.id).where(Hazard.ticket_id.in_(select(_part.c.id))))


def follow(session: Session, ticket: Ticket, at: datetime, by: int | None) -> None:
    """Called after every step of a ticket, after its class or its place was set right."""
    found = _hanging_on(session, ticket.id)
    for hazard in found:
        _follow(session, hazard, at, by)
    if ticket.is_open and _belongs(ticket) and all(one.ticket_id != ticket.id for one in found):
        roles = _roles(session, ticket.reporter_id, at)
        entering.enter(session, ticket, roles, Entry.CLASS, at)


def bring_back(session: Session, hazard: Hazard, at: datetime, by: int) -> None:
    """A keeper's word that it is one after all: it stands again as its ticket does."""
    if hazard.state == HazardState.STRUCK:
        hazard.state = HazardState.PASSED_UP
        telling.tell(session, hazard, HazardState.STRUCK, Said(FOLLOWED, at, by, Side.KEEPER))
    _follow(session, hazard, at, by)


def _hanging_on(session: Session, ticket_id: int) -> Sequence[Hazard]:
    """Of the ticket, and of those that were merged into it, directly or through others."""
    ids = [one for (one,) in _OF_TICKET.run_after_flush(session, ticket_id=ticket_id)]
    if not ids:
        return ()
    return session.scalars(select(Hazard).where(Hazard.id.in_(ids)).order_by(Hazard.id)).all()


def _follow(session: Session, hazard: Hazard, at: datetime, by: int | None) -> None:
    ticket = session.get_one(Ticket, hazard.ticket_id)
    old, was_at = hazard.state, hazard.area_id
    hazard.category, hazard.subcategory = ticket.category, ticket.subcategory
    hazard.area_id, hazard.community_id = ticket.area_id, ticket.community_id
    hazard.place_name, hazard.spot, hazard.about = ticket.place_name, ticket.spot, ticket.about
    hazard.state = _target(session, hazard, ticket)
    if hazard.state != old:
        hazard.moved_at, hazard.moved_by = at, None
        telling.tell(session, hazard, old, Said(FOLLOWED, at, by, Side.TICKET))
    elif hazard.area_id != was_at:
        telling.tell(session, hazard, old, Said(PLACED, at, by, Side.TICKET))


def _target(session: Session, hazard: Hazard, ticket: Ticket) -> HazardState:
    by_class = hazard.entry == Entry.CLASS
    if by_class and not _belongs(ticket):
        return HazardState.STRUCK
    is_back = by_class and hazard.state == HazardState.STRUCK
    if hazard.state not in FOLLOWING and not is_back:
        return hazard.state
    main = main_of(session, ticket)
    if main is not ticket and entering.of_ticket(session, main.id) is not None:
        return HazardState.MERGED
    return state_by(main.state, main.outcome)


def _belongs(ticket: Ticket) -> bool:
    return rules.belongs(ticket.category, ticket.subcategory, ticket.intent, ticket.urgency)


def _roles(session: Session, person_id: int, at: datetime) -> Sequence[str]:
    held = select(Post.role).where(Post.person_id == person_id, is_held(at))
    return session.scalars(held).all()
