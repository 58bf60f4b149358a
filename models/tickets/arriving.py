"""到场: somebody says that they are where the emergency is."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models import events, outbox
from models.claims import claim
from models.errors import NotAllowed, TooLate
from models.events import Fact
from models.protection import capacities
from models.ticket_flow import Action, Capacity, strongest
from models.tickets import clock, facts, undoing
from models.tickets.actions import apply, can
from models.tickets.reviewing import ARRIVED, known_as, standing
from models.tickets.step import Actor
from models.tickets.table import Ticket


def arrive(session: Session, ticket: Ticket, *, by: int, at: datetime) -> datetime:
    """Since when this person is there; said again it changes nothing.

    Who comes without having answered has answered by it, and work has begun. Raises NotAllowed
    and TooLate.
    """
    claim(session, ticket)
    capacity = strongest(capacities(session, ticket, by, at) - {Capacity.REPORTER})
    if capacity is None:
        raise NotAllowed(number=ticket.number)
    if not ticket.is_open:
        raise TooLate(number=ticket.number)
    earlier = is_there_since(session, ticket, by)
    if earlier is not None:
        return earlier
    before = undoing.snapshot(session, ticket)
    led_to = _take_part(session, ticket, Actor(by), at)
    parties = dict(facts.parties(session, ticket))
    if ticket.arrived_at is not None:
        parties["reporter"] = parties["supporters"] = []  # one is enough to be at ease
    ticket.arrived_at = ticket.arrived_at or at
    clock.set_clock(ticket, at)
    session.flush()
    detail = {"before": undoing.difference(before, undoing.snapshot(session, ticket))}
    _record(session, ticket, by, capacity, at, detail | {"led_to": led_to}, parties)
    return at


def is_there_since(session: Session, ticket: Ticket, person_id: int) -> datetime | None:
    return next(
        (one.at for one in standing(session, ticket, ARRIVED) if one.actor_id == person_id), None
    )


def _take_part(session: Session, ticket: Ticket, by: Actor, at: datetime) -> list[int]:
    led_to = []
    for action in (Action.ACCEPT, Action.START):
        if can(session, ticket, action, by=by, at=at):
            event_id = apply(session, ticket, action, by=by, at=at)
            # That they are there says it all: one message for one thing.
            outbox.cancel_event(session, event_id)
            led_to.append(event_id)
    return led_to


def _record(
    session: Session,
    ticket: Ticket,
    by: int,
    capacity: Capacity,
    at: datetime,
    detail: dict[str, object],
    parties: dict[str, Sequence[int]],
) -> None:
    events.record(
        session,
        Fact(
            verb=ARRIVED,
            subject_kind="ticket",
            subject_id=ticket.id,
            at=at,
            account=ticket.account,
            actor_id=by,
            capacity=capacity,
            area_id=ticket.area_id,
            detail=detail,
            parties=parties,
            context=facts.context(session, ticket) | known_as(session, ticket, by, at),
            quiet=facts.quiet_of(ticket.urgency, ticket.state),
        ),
    )
