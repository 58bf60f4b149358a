"""`can()` and `apply()`: everything that may happen to a ticket, by the table of ticket_flow."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import events, outbox
from models.dispatch import Holder
from models.errors import NotAllowed, NotFound, ReasonMissing, TooLate, TransitionNotAllowed
from models.events import Event, Fact
from models.people import Person
from models.protection import capacities
from models.sealing import seal_for
from models.ticket_flow import (
    ENDED,
    EVENTS,
    MAX_REOPENS,
    OPEN,
    TRANSITIONS,
    Action,
    Capacity,
    Outcome,
    State,
)
from models.tickets import assigning, clock, facts, reminding, undoing
from models.tickets.step import Actor, Step
from models.tickets.table import Answer, Part, Ticket


def can(session: Session, ticket: Ticket, action: Action, *, by: Actor, at: datetime) -> bool:
    """Whether `apply` would take this action of this actor now."""
    capacity = _capacity(session, ticket, action, by, at)
    return capacity is not None and _fits(session, ticket, action, capacity, by, at)


def allowed(session: Session, ticket: Ticket, *, by: Actor, at: datetime) -> list[Action]:
    """The actions to offer, in the order of the table."""
    known = [action for state, action in TRANSITIONS if state == ticket.state]
    return [action for action in known if can(session, ticket, action, by=by, at=at)]


def apply(
    session: Session,
    ticket: Ticket,
    action: Action,
    *,
    by: Actor,
    at: datetime,
    reason: str | None = None,
    **given: Any,
) -> Event:
    """Does it: changes state, tells the log and through it everybody concerned.

    Raises TransitionNotAllowed (not as it stands), NotAllowed (not this person), ReasonMissing,
    TooLate (undo after UNDO_MINUTES), NotFound (nobody to hand it to). `given`: holder (dispatch,
    transfer), until (suspend), outcome (resolve), into (merge), solved and stars (rate, reopen).
    """
    # Of two who act at once the second finds what the first has made of it.
    session.refresh(ticket, with_for_update=True)
    transition = TRANSITIONS.get((ticket.state, action))
    if transition is None:
        raise TransitionNotAllowed(number=ticket.number, state=ticket.state, action=action)
    capacity = _capacity(session, ticket, action, by, at)
    if capacity is None:
        is_late = action == Action.UNDO and undoing.has_acted(session, ticket, by)
        raise (TooLate if is_late else NotAllowed)(number=ticket.number)
    if not _fits(session, ticket, action, capacity, by, at):
        raise TransitionNotAllowed(number=ticket.number, state=ticket.state, action=action)
    if transition.needs_reason and not (reason or "").strip():
        raise ReasonMissing(number=ticket.number, action=action)

    step = Step(session, ticket, by, capacity, ticket.state, at, reason, given)
    if by.is_clock and reason:
        step.detail["cause"] = reason  # a code; what a person writes is sealed instead
    before = undoing.snapshot(session, ticket)
    step.parties = {part: list(ids) for part, ids in facts.parties(session, ticket).items()}
    if transition.target is not None:
        ticket.state = transition.target
    EFFECTS.get(action, _nothing)(step)
    if action != Action.UNDO:  # which puts the clock back as well
        clock.set_clock(ticket, at)
    if step.old in OPEN and not ticket.is_open:
        reminding.cancel(session, ticket)
    session.flush()
    step.detail["before"] = undoing.difference(before, undoing.snapshot(session, ticket))
    return _record(step, action)


def _capacity(
    session: Session, ticket: Ticket, action: Action, by: Actor, at: datetime
) -> Capacity | None:
    transition = TRANSITIONS.get((ticket.state, action))
    if transition is None:
        return None
    if by.person_id is None:
        return Capacity.CLOCK if Capacity.CLOCK in transition.by else None
    if action == Action.UNDO:
        return undoing.undo_capacity(session, ticket, by, at)
    mine = capacities(session, ticket, by.person_id, at) & transition.by
    # The strongest first, so that the event says in which of several capacities it was done.
    order = (Capacity.REPORTER, Capacity.OWNER, Capacity.HELPER, Capacity.SUPERVISOR)
    return next((one for one in order if one in mine), None)


def _fits(
    session: Session, ticket: Ticket, action: Action, capacity: Capacity, by: Actor, at: datetime
) -> bool:
    """What the table can not say: whether this matter as it stands has room for the action."""
    if action == Action.ACCEPT and ticket.state != State.DISPATCHED:
        mine = assigning.active_of(session, ticket, by.person_id)
        return mine is not None and mine.answer == Answer.ASKED
    if action == Action.REOPEN:
        return capacity != Capacity.REPORTER or ticket.reopens < MAX_REOPENS
    if action == Action.ESCALATE:
        return assigning.next_level(session, ticket, at) is not None
    return True


def _record(step: Step, action: Action) -> Event:
    ticket, session = step.ticket, step.session
    after = facts.parties(session, ticket)
    parties = dict(step.parties)
    for part, ids in after.items():
        parties.setdefault(part, [])
        parties[f"new_{part}"] = [one for one in ids if one not in parties[part]]
        parties[part] = list(dict.fromkeys([*ids, *parties[part]]))
    context = facts.context(session, ticket) | {
        "reason": step.reason,
        "capacity": step.capacity,
        **{key: value for key, value in step.detail.items() if key != "before"},
    }
    author = session.get(Person, step.actor.person_id) if step.actor.person_id else None
    ids = events.record(
        session,
        Fact(
            verb=EVENTS[action],
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
            words=seal_for(author.own_key, step.reason) if author and step.reason else None,
            parties=parties,
            context=context,
            quiet=facts.quiet_of(ticket.urgency, ticket.state),
        ),
    )
    return session.get_one(Event, ids[0])


def _nothing(step: Step) -> None:
    """The change of state is all there is to it."""


def _dispatch(step: Step) -> None:
    holder: Holder | None = step.given.get("holder") or assigning.next_owner(step)
    if holder is None:
        raise NotFound(number=step.ticket.number)
    assigning.hand_to(step.session, step.ticket, holder, step.at)


def _accept(step: Step) -> None:
    ticket = step.ticket
    mine = assigning.active_of(step.session, step.ticket, step.actor.person_id)
    if mine is not None:
        mine.answer, mine.answered_at = Answer.ACCEPTED, step.at
    if ticket.accepted_at is None:
        ticket.accepted_at = step.at
    if mine is None or mine.part == Part.OWNER:
        # 首问负责: the first paid post that took it follows it up to the end.
        ticket.first_contact_id = ticket.first_contact_id or ticket.owner_post_id
    if ticket.level_due_at is not None:
        late = ticket.resolve_due_at <= step.at
        ticket.level_due_at = (
            clock.level_due(ticket, step.at, share_of_resolving=0.5) if late else None
        )


def _send_back(step: Step) -> None:
    ticket = step.ticket
    ticket.returns += 1
    step.detail["returns"] = ticket.returns
    assigning.release_owner(step.session, ticket, step.at, Answer.DECLINED)
    holder = assigning.after_return(step)
    if holder is None:
        raise NotFound(number=ticket.number)
    assigning.hand_to(step.session, ticket, holder, step.at)


def _suspend(step: Step) -> None:
    until: datetime = step.given["until"]
    if until <= step.at:
        raise TooLate(number=step.ticket.number)
    step.ticket.state_before = step.old
    step.ticket.suspended_at, step.ticket.suspended_until = step.at, until
    step.detail["until"] = until.isoformat()
    clock.set_deadlines(step.ticket, step.at)


def _resume(step: Step) -> None:
    ticket = step.ticket
    clock.end_pause(ticket, step.at)
    ticket.state, ticket.state_before = ticket.state_before or State.DISPATCHED, None
    clock.set_deadlines(ticket, step.at)


def _resolve(step: Step) -> None:
    ticket = step.ticket
    ticket.outcome = Outcome(step.given.get("outcome", Outcome.FIXED))
    ticket.result = (step.reason or "").strip()
    ticket.resolved_at = step.at
    step.detail["outcome"] = ticket.outcome
    assigning.finish_all(step.session, ticket, step.at)


def _rate(step: Step) -> None:
    _keep_rating(step)
    step.ticket.ended_at = step.at


def _reopen(step: Step) -> None:
    ticket = step.ticket
    if step.given.get("stars") is not None or step.given.get("solved") is not None:
        _keep_rating(step)
    ticket.reopens += 1
    ticket.outcome = ticket.result = ticket.resolved_at = ticket.level_due_at = None
    # A matter taken up again has a clock of its own from now on.
    ticket.opened_at, ticket.pauses, ticket.accepted_at = step.at, [], None
    clock.set_deadlines(ticket, step.at)
    holder = assigning.go_up(step) or assigning.next_owner(step)
    if holder is None:
        raise NotFound(number=ticket.number)
    assigning.hand_to(step.session, ticket, holder, step.at)


def _escalate(step: Step) -> None:
    holder = assigning.go_up(step)
    if holder is None:
        raise NotFound(number=step.ticket.number)
    assigning.hand_to(step.session, step.ticket, holder, step.at)
    step.ticket.level_due_at = clock.level_due(step.ticket, step.at)


def _merge(step: Step) -> None:
    into: Ticket = step.given["into"]
    if into.id == step.ticket.id or into.state in ENDED:
        raise NotFound(number=into.number)
    clock.end_pause(step.ticket, step.at)
    step.ticket.state_before = step.old
    step.ticket.merged_into, step.ticket.outcome = into.id, Outcome.DUPLICATE
    step.ticket.ended_at = step.at
    step.detail["into"] = into.id
    step.detail["joined"] = assigning.join(step.session, into, step.ticket.reporter_id, step.at)
    assigning.finish_all(step.session, step.ticket, step.at)


def _unmerge(step: Step) -> None:
    ticket = step.ticket
    into = ticket.merged_into
    ticket.merged_into = ticket.outcome = ticket.ended_at = ticket.state_before = None
    assigning.leave(step.session, into, ticket.reporter_id)
    _dispatch(step)


def _withdraw(step: Step) -> None:
    clock.end_pause(step.ticket, step.at)
    step.ticket.outcome, step.ticket.ended_at = Outcome.WITHDRAWN, step.at
    assigning.finish_all(step.session, step.ticket, step.at)


def _archive(step: Step) -> None:
    step.ticket.ended_at = step.at


def _decline(step: Step) -> None:
    for mine in assigning.helping(step.session, step.ticket, step.actor.person_id):
        mine.answer, mine.answered_at = Answer.DECLINED, step.at


def _undo(step: Step) -> None:
    session, ticket = step.session, step.ticket
    event = undoing.undoable(session, ticket, step.actor, step.at)
    if event is None:
        raise TooLate(number=ticket.number)
    undoing.restore(session, ticket, event.detail["before"])
    if not undoing.is_last(session, ticket, event):
        clock.set_clock(ticket, step.at)
    step.detail["undone"] = event.verb
    step.detail["undone_event"] = event.id
    if event.detail.get("joined"):
        assigning.leave(session, event.detail["into"], ticket.reporter_id)
    left = outbox.cancel_event(session, event.id)
    step.parties = {"told": [one.person_id for one in left if one.person_id is not None]}


EFFECTS: dict[Action, Callable[[Step], None]] = {
    Action.DISPATCH: _dispatch,
    Action.TRANSFER: _dispatch,
    Action.ACCEPT: _accept,
    Action.SEND_BACK: _send_back,
    Action.SUSPEND: _suspend,
    Action.RESUME: _resume,
    Action.RESOLVE: _resolve,
    Action.RATE: _rate,
    Action.REOPEN: _reopen,
    Action.ESCALATE: _escalate,
    Action.MERGE: _merge,
    Action.UNMERGE: _unmerge,
    Action.WITHDRAW: _withdraw,
    Action.ARCHIVE: _archive,
    Action.DECLINE: _decline,
    Action.UNDO: _undo,
}


def _keep_rating(step: Step) -> None:
    ticket = step.ticket
    ticket.is_solved, ticket.stars = step.given.get("solved"), step.given.get("stars")
    ticket.rated_at = step.at
    step.detail.update(solved=ticket.is_solved, stars=ticket.stars)
