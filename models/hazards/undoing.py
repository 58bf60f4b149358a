"""撤销: a person's own step with a hazard, taken back within ten minutes."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models.errors import TooLate
from models.events import Event
from models.hazards import following, telling
from models.hazards.flow import FOLLOWING, FOUND, PASSED_UP, UNDONE, HazardState, Side
from models.hazards.table import Hazard
from models.hazards.telling import KIND
from models.telling import Said
from models.ticket_flow import UNDO_MINUTES, WAITING, Action
from models.tickets.actions import apply, can
from models.tickets.step import Actor
from models.tickets.table import Ticket


def undoable(session: Session, person_id: int, now: datetime) -> Event | None:
    """This person's last step in the ledger, if nothing came after it."""
    hazard = session.scalars(
        select(Hazard)
        .where(
            Hazard.moved_by == person_id,
            Hazard.moved_at >= now - timedelta(minutes=UNDO_MINUTES),
        )
        .order_by(Hazard.moved_at.desc(), Hazard.id.desc())
        .limit(1)
    ).first()
    if hazard is None:
        return None
    last = _last(session, hazard)
    if last.actor_id != person_id or last.verb == UNDONE or last.new != hazard.state:
        return None
    return last if last.verb != PASSED_UP or _is_untouched(session, hazard, last, now) else None


def undo(session: Session, event: Event, *, by: int, at: datetime) -> Hazard:
    """Takes it back; a ticket that nobody has taken yet is withdrawn with it."""
    hazard = session.get_one(Hazard, event.subject_id, with_for_update=True)
    session.refresh(hazard)
    if undoable(session, by, at) is not event:
        raise TooLate(number=hazard.number)
    old = hazard.state
    ticket_id = hazard.ticket_id if event.verb == PASSED_UP else None
    hazard.state = _target(hazard, event)
    if ticket_id is not None:
        hazard.ticket_id = None
    if hazard.state == HazardState.FOUND:
        hazard.clock_at = at + timedelta(minutes=load("hazards")["pass_up_after_minutes"])
    else:
        hazard.clock_at = None
    hazard.moved_at, hazard.moved_by = at, by
    detail = {"undone": event.verb, "undone_event": event.id}
    telling.tell(
        session,
        hazard,
        old,
        Said(UNDONE, at, by, Side(event.capacity or Side.FINDER), detail=detail),
    )
    if ticket_id is not None:
        ticket = session.get_one(Ticket, ticket_id)
        apply(session, ticket, Action.WITHDRAW, by=Actor(by), at=at)
    if hazard.state in FOLLOWING and hazard.ticket_id is not None:
        following.follow(session, session.get_one(Ticket, hazard.ticket_id), at, by)
    return hazard


def _target(hazard: Hazard, event: Event) -> HazardState:
    """Said and passed up in one breath is taken back in one."""
    is_first = event.verb == FOUND or (event.verb == PASSED_UP and event.at == hazard.found_at)
    return HazardState.TAKEN_BACK if is_first or event.old is None else HazardState(event.old)


def _last(session: Session, hazard: Hazard) -> Event:
    mine = select(Event).where(Event.subject_kind == KIND, Event.subject_id == hazard.id)
    return session.scalars(mine.order_by(Event.id.desc()).limit(1)).one()


def _is_untouched(session: Session, hazard: Hazard, event: Event, now: datetime) -> bool:
    ticket = session.get_one(Ticket, hazard.ticket_id)
    by = Actor(event.actor_id)
    return ticket.state in WAITING and can(session, ticket, Action.WITHDRAW, by=by, at=now)
