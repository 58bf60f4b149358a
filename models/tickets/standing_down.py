"""解除: the danger is over or there was none; who was alerted need not come any more."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.categories import Urgency
from models import events, outbox
from models.claims import claim
from models.errors import AlreadyDone, DomainError, NotAllowed, ReasonMissing, TooLate
from models.events import Fact
from models.people import Person
from models.posts import PAID, Post
from models.protection import capacities
from models.sealing import seal_for
from models.ticket_flow import Action, Capacity, strongest
from models.tickets import assigning, clock, facts, reviewing, undoing
from models.tickets.actions import apply, can
from models.tickets.arriving import is_there_since
from models.tickets.reviewing import STOOD_DOWN, known_as
from models.tickets.step import Actor
from models.tickets.table import ACTIVE, Answer, Assignment, Part, Ticket


def can_stand_down(session: Session, ticket: Ticket, *, by: int, at: datetime) -> bool:
    """Whether this person may declare now that the danger is over."""
    try:
        _checked(session, ticket, by, at)
    except DomainError:
        return False
    return True


def stand_down(session: Session, ticket: Ticket, words: str, *, by: int, at: datetime) -> None:
    """Residents and everybody asked hear it, with the words; the matter itself stays open.

    Raises TooLate (it has ended, or is no emergency), NotAllowed, AlreadyDone, ReasonMissing.
    """
    claim(session, ticket)
    capacity = _checked(session, ticket, by, at)
    if not words.strip():
        raise ReasonMissing(number=ticket.number)
    before = undoing.snapshot(session, ticket)
    parties = {part: list(people) for part, people in facts.parties(session, ticket).items()}
    led_to = _accept(session, ticket, Actor(by), at)
    for row in _alerted(session, ticket):
        has_come = row.answer == Answer.ACCEPTED
        row.answer, row.answered_at = (Answer.DONE if has_come else Answer.RELEASED), at
    clock.set_clock(ticket, at)
    session.flush()
    changed = undoing.difference(before, undoing.snapshot(session, ticket))
    detail = {"before": changed or {"ticket": {}}, "led_to": led_to}
    _record(session, ticket, words.strip(), by, capacity, at, detail, parties)


def _record(
    session: Session,
    ticket: Ticket,
    words: str,
    by: int,
    capacity: Capacity,
    at: datetime,
    detail: dict[str, Any],
    parties: dict[str, list[int]],
) -> None:
    author = session.get_one(Person, by)
    events.record(
        session,
        Fact(
            verb=STOOD_DOWN,
            subject_kind="ticket",
            subject_id=ticket.id,
            at=at,
            account=ticket.account,
            actor_id=by,
            capacity=capacity,
            area_id=ticket.area_id,
            detail=detail,
            words=seal_for(author.own_key, words),
            parties=parties,
            context=facts.context(session, ticket)
            | known_as(session, ticket, by, at)
            | {"said": words},
            quiet=facts.quiet_of(ticket.urgency, ticket.state),
        ),
    )


def _checked(session: Session, ticket: Ticket, by: int, at: datetime) -> Capacity:
    """A neighbour who is there is not asked to answer for it, nor who was alerted and is not."""
    mine = capacities(session, ticket, by, at) - {Capacity.REPORTER}
    if not mine & {Capacity.OWNER, Capacity.SUPERVISOR} and not _is_there(session, ticket, by):
        raise NotAllowed(number=ticket.number)
    if not ticket.is_open or ticket.urgency != Urgency.EMERGENCY:
        raise TooLate(number=ticket.number)
    if reviewing.standing(session, ticket, STOOD_DOWN):
        raise AlreadyDone(number=ticket.number)
    return strongest(mine) or Capacity.HELPER


def _is_there(session: Session, ticket: Ticket, by: int) -> bool:
    """In a paid post that was asked to come, and said to have come."""
    asked = assigning.active_of(session, ticket, by)
    if asked is None or is_there_since(session, ticket, by) is None:
        return False
    return session.get_one(Post, asked.post_id).role in PAID


def _accept(session: Session, ticket: Ticket, by: Actor, at: datetime) -> list[int]:
    """Who was asked and has not answered has answered by it; one message for one thing."""
    if not can(session, ticket, Action.ACCEPT, by=by, at=at):
        return []
    event_id = apply(session, ticket, Action.ACCEPT, by=by, at=at)
    outbox.cancel_event(session, event_id)
    return [event_id]


def _alerted(session: Session, ticket: Ticket) -> list[Assignment]:
    rows = select(Assignment).where(
        Assignment.ticket_id == ticket.id,
        Assignment.part == Part.ALERTED,
        Assignment.answer.in_(ACTIVE),
    )
    return list(session.scalars(rows))
