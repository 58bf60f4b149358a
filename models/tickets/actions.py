"""`can()` and `apply()`: everything that may happen to a ticket, by the table of ticket_flow."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models import events
from models.claims import claim
from models.errors import (
    DomainError,
    NotAllowed,
    ReasonMissing,
    TooLate,
    TransitionNotAllowed,
)
from models.events import Fact
from models.hazards import following
from models.metrics import counted, rollups
from models.people import Person
from models.protection import capacities, is_supporter
from models.sealing import seal_for
from models.statements import Statement
from models.ticket_flow import (
    EVENTS,
    OPEN,
    TRANSITIONS,
    Action,
    Capacity,
    strongest,
)
from models.tickets import assigning, clock, facts, hindrances, reminding, undoing
from models.tickets.effects import EFFECTS
from models.tickets.step import Actor, Step
from models.tickets.table import Ticket

FOR_SUPPORTERS = frozenset(
    state for (state, _), transition in TRANSITIONS.items() if Capacity.SUPPORTER in transition.by
)
_OWN_KEY = Statement(select(Person.own_key).where(Person.id == bindparam("id", required=True)))
FOR_THE_LOG = frozenset({"before", counted.COUNTED})  # no words of a message need it


def can(
    session: Session, ticket: Ticket, action: Action, *, by: Actor, at: datetime, **given: Any
) -> bool:
    """Whether `apply` would take this action of this actor now, with what is given so far.

    Only the words that some actions need may still be missing.
    """
    return _may(session, ticket, action, held_by(session, ticket, by, at), by, at, given)


def allowed(session: Session, ticket: Ticket, *, by: Actor, at: datetime) -> list[Action]:
    """The actions to offer, in the order of the table."""
    return allowed_as(held_by(session, ticket, by, at), session, ticket, by=by, at=at)


def allowed_as(
    held: frozenset[Capacity], session: Session, ticket: Ticket, *, by: Actor, at: datetime
) -> list[Action]:
    """The same where the caller knows already what the actor is to the ticket."""
    known = [action for state, action in TRANSITIONS if state == ticket.state]
    return [action for action in known if _may(session, ticket, action, held, by, at, {})]


def apply(
    session: Session,
    ticket: Ticket,
    action: Action,
    *,
    by: Actor,
    at: datetime,
    reason: str | None = None,
    **given: Any,
) -> int:
    """Does it: changes state, tells the log and through it everybody concerned; the event's id.

    Raises TransitionNotAllowed (not as it stands), NotAllowed (not this person), ReasonMissing,
    TooLate (undo after UNDO_MINUTES), NotFound (nobody to hand it to). `given`: holder (dispatch,
    transfer), until (suspend), outcome (resolve), into (merge), solved and stars (rate, reopen),
    urgency (set_urgency).
    """
    # Of two who act at once the second finds what the first has made of it.
    claim(session, ticket)
    step = _begun(session, ticket, action, by, at, given)
    step.reason = _explained(step, action, reason)
    if by.is_clock and reason:
        step.detail["cause"] = reason  # a code; what a person writes is sealed instead
    rollups.take_out(session, ticket, at)
    before = undoing.snapshot(session, ticket)
    step.parties = {part: list(ids) for part, ids in facts.parties(session, ticket).items()}
    _take_effect(step, action)
    if action != Action.UNDO:  # which puts the clock back as well
        clock.set_clock(ticket, at)
    if step.old in OPEN and not ticket.is_open:
        reminding.cancel(session, ticket)
    session.flush()
    after = undoing.snapshot(session, ticket)
    step.detail["before"] = undoing.difference(before, after)
    step.detail.update(counted.changed(before["ticket"], after["ticket"]))
    event_id = _record(step, action)
    following.follow(session, ticket, at, by.person_id)
    return event_id


def _may(
    session: Session,
    ticket: Ticket,
    action: Action,
    held: frozenset[Capacity],
    by: Actor,
    at: datetime,
    given: Mapping[str, Any],
) -> bool:
    try:
        _checked(session, ticket, action, held, by, at, given)
    except DomainError:
        return False
    return True


def _begun(
    session: Session,
    ticket: Ticket,
    action: Action,
    by: Actor,
    at: datetime,
    given: Mapping[str, Any],
) -> Step:
    """As `_checked`; whoever has a step here that can not be undone any more hears just that."""
    try:
        held = held_by(session, ticket, by, at)
        return _checked(session, ticket, action, held, by, at, given)
    except NotAllowed as refusal:
        if action == Action.UNDO and undoing.has_acted(session, ticket, by):
            raise TooLate(number=ticket.number) from refusal
        raise


def _checked(
    session: Session,
    ticket: Ticket,
    action: Action,
    held: frozenset[Capacity],
    by: Actor,
    at: datetime,
    given: Mapping[str, Any],
) -> Step:
    """The step as it may be taken, or what stands against it; nothing is changed by asking."""
    transition = TRANSITIONS.get((ticket.state, action))
    if transition is None:
        raise TransitionNotAllowed(number=ticket.number, state=ticket.state, action=action)
    capacity = _capacity(session, ticket, action, held, by, at)
    if capacity is None:
        raise NotAllowed(number=ticket.number)
    step = Step(session, ticket, by, capacity, ticket.state, at, given=given)
    hindrances.check(step, action)
    return step


def _explained(step: Step, action: Action, reason: str | None) -> str | None:
    transition = TRANSITIONS[step.old, action]
    is_owed = transition.needs_reason and step.capacity not in transition.excused
    if is_owed and not (reason or "").strip():
        raise ReasonMissing(number=step.ticket.number, action=action)
    return reason


def _take_effect(step: Step, action: Action) -> None:
    target = TRANSITIONS[step.old, action].target
    if target is not None:
        step.ticket.state = target
    effect = EFFECTS.get(action)
    if effect is not None:
        effect(step)


def held_by(session: Session, ticket: Ticket, by: Actor, at: datetime) -> frozenset[Capacity]:
    """Everything this actor is to the ticket; asked once for all actions."""
    if by.person_id is None:
        return frozenset({Capacity.CLOCK})
    held = capacities(session, ticket, by.person_id, at)
    if ticket.state in FOR_SUPPORTERS and is_supporter(session, ticket, by.person_id):
        return held | {Capacity.SUPPORTER}
    return held


def _capacity(
    session: Session,
    ticket: Ticket,
    action: Action,
    held: frozenset[Capacity],
    by: Actor,
    at: datetime,
) -> Capacity | None:
    if action == Action.UNDO:
        return undoing.undo_capacity(session, ticket, by, at)
    mine = held & TRANSITIONS[ticket.state, action].by
    return Capacity.CLOCK if Capacity.CLOCK in mine else strongest(mine)


def _parties(step: Step) -> dict[str, list[int]]:
    """Who is concerned before and after, who came and who went."""
    ticket, session = step.ticket, step.session
    after = facts.parties(session, ticket)
    parties = dict(step.parties)
    for part, ids in after.items():
        parties.setdefault(part, [])
        parties[f"new_{part}"] = [one for one in ids if one not in parties[part]]
        parties[f"former_{part}"] = [one for one in parties[part] if one not in ids]
        parties[part] = list(dict.fromkeys([*ids, *parties[part]]))
    first = assigning.follower(session, ticket, step.at)
    if first is not None and first not in (*after["helpers"], *after["alerted"]):
        parties["follower"] = [first]
        parties["former_owner"] = [one for one in parties["former_owner"] if one != first]
    return parties


def _record(step: Step, action: Action) -> int:
    ticket, session = step.ticket, step.session
    context = facts.context(session, ticket) | {
        "reason": step.reason,
        "capacity": step.capacity,
        **{key: value for key, value in step.detail.items() if key not in FOR_THE_LOG},
    }
    [event_id] = events.record(
        session,
        Fact(
            verb=step.verb or EVENTS[action],
            subject_kind="ticket",
            subject_id=ticket.id,
            at=step.at,
            account=ticket.account,
            actor_id=step.actor.person_id,
            capacity=step.capacity,
            old=step.old,
            new=ticket.state,
            area_id=ticket.area_id,
            detail=step.detail,
            words=_sealed(step),
            parties=_parties(step),
            context=context,
            quiet=facts.quiet_of(ticket.urgency, ticket.state),
        ),
    )
    return event_id


def _sealed(step: Step) -> bytes | None:
    """The reason as only its author's key opens it."""
    if not step.reason or step.actor.person_id is None:
        return None
    [(own_key,)] = _OWN_KEY.run(step.session, id=step.actor.person_id)
    return seal_for(own_key, step.reason)
