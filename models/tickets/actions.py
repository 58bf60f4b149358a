"""`can()` and `apply()`: everything that may happen to a ticket, by the table of ticket_flow."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from models import events, outbox
from models.dispatch import Holder
from models.errors import NotAllowed, NotFound, ReasonMissing, TooLate, TransitionNotAllowed
from models.events import Event, Fact
from models.people import Person
from models.protection import capacities
from models.sealing import seal_for
from models.ticket_flow import (
    EVENTS,
    TRANSITIONS,
    UNDO_MINUTES,
    Action,
    Capacity,
    Outcome,
    State,
)
from models.tickets import assigning, clock, facts
from models.tickets.step import Actor, Step
from models.tickets.table import Answer, Assignment, Part, Ticket


def can(session: Session, ticket: Ticket, action: Action, *, by: Actor, at: datetime) -> bool:
    """Whether `apply` would take this action of this actor now."""
    return _capacity(session, ticket, action, by, at) is not None and (
        action != Action.UNDO or _undoable(session, ticket, by, at) is not None
    )


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

    Raises TransitionNotAllowed (not in this state), NotAllowed (not this person), ReasonMissing,
    TooLate (undo after UNDO_MINUTES). `given`: holder (dispatch, transfer), until (suspend),
    outcome (resolve), into (merge), solved and stars (rate, reopen).
    """
    transition = TRANSITIONS.get((ticket.state, action))
    if transition is None:
        raise TransitionNotAllowed(number=ticket.number, state=ticket.state, action=action)
    capacity = _capacity(session, ticket, action, by, at)
    if capacity is None:
        raise NotAllowed(number=ticket.number)
    if transition.needs_reason and not (reason or "").strip():
        raise ReasonMissing(number=ticket.number, action=action)

    step = Step(session, ticket, by, capacity, ticket.state, at, reason, given)
    before = _snapshot(session, ticket)
    step.parties = {part: list(ids) for part, ids in facts.parties(session, ticket).items()}
    if transition.target is not None:
        ticket.state = transition.target
    EFFECTS.get(action, _nothing)(step)
    clock.set_clock(ticket, at)
    session.flush()
    step.detail["before"] = _difference(before, _snapshot(session, ticket))
    return _record(step, action)


def _capacity(
    session: Session, ticket: Ticket, action: Action, by: Actor, at: datetime
) -> Capacity | None:
    transition = TRANSITIONS.get((ticket.state, action))
    if transition is None:
        return None
    if by.person_id is None:
        return Capacity.CLOCK if Capacity.CLOCK in transition.by else None
    mine = capacities(session, ticket, by.person_id, at) & transition.by
    # The strongest first, so that the event says in which of several capacities it was done.
    order = (Capacity.REPORTER, Capacity.OWNER, Capacity.HELPER, Capacity.SUPERVISOR)
    return next((one for one in order if one in mine), None)


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
            wakes=ticket.urgency == "emergency",
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
    began = ticket.suspended_at or step.at
    ticket.pauses = [*ticket.pauses, [began.isoformat(), step.at.isoformat()]]
    ticket.suspended_at = ticket.suspended_until = None
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
    ticket.outcome = ticket.result = ticket.resolved_at = None
    # A matter taken up again has a clock of its own from now on.
    ticket.opened_at, ticket.pauses, ticket.accepted_at = step.at, [], None
    clock.set_deadlines(ticket, step.at)
    _one_level_up(step)


def _escalate(step: Step) -> None:
    _one_level_up(step)
    step.ticket.level_due_at = clock.level_due(step.ticket, step.at)


def _one_level_up(step: Step) -> None:
    ticket = step.ticket
    level, holder = assigning.one_level_up(step)
    step.detail["from_level"], step.detail["to_level"] = ticket.level, level
    ticket.level = level
    assigning.hand_to(step.session, ticket, holder, step.at)


def _merge(step: Step) -> None:
    into: Ticket = step.given["into"]
    if into.id == step.ticket.id or into.state == State.MERGED:
        raise NotFound(number=into.number)
    step.ticket.state_before = step.old
    step.ticket.merged_into, step.ticket.outcome = into.id, Outcome.DUPLICATE
    step.ticket.ended_at = step.at
    step.detail["into"] = into.id
    assigning.join(step.session, into, step.ticket.reporter_id, step.at)
    assigning.finish_all(step.session, step.ticket, step.at)


def _unmerge(step: Step) -> None:
    ticket = step.ticket
    assigning.leave(step.session, ticket.merged_into, ticket.reporter_id)
    ticket.merged_into = ticket.outcome = ticket.ended_at = ticket.state_before = None
    _dispatch(step)


def _withdraw(step: Step) -> None:
    step.ticket.outcome, step.ticket.ended_at = Outcome.WITHDRAWN, step.at
    assigning.finish_all(step.session, step.ticket, step.at)


def _archive(step: Step) -> None:
    step.ticket.ended_at = step.at


def _decline(step: Step) -> None:
    mine = assigning.active_of(step.session, step.ticket, step.actor.person_id)
    if mine is None or mine.part != Part.HELPER:
        raise NotAllowed(number=step.ticket.number)
    mine.answer, mine.answered_at = Answer.DECLINED, step.at


def _undo(step: Step) -> None:
    event = _undoable(step.session, step.ticket, step.actor, step.at)
    if event is None:
        raise TooLate(number=step.ticket.number)
    _restore(step.session, step.ticket, event.detail["before"])
    step.detail["undone"] = event.verb
    step.detail["undone_event"] = event.id
    if event.verb == EVENTS[Action.MERGE]:
        assigning.leave(step.session, event.detail["into"], step.ticket.reporter_id)
    left = outbox.cancel_event(step.session, event.id)
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


def _undoable(session: Session, ticket: Ticket, by: Actor, at: datetime) -> Event | None:
    """The last thing that happened, if this person did it lately and it can be taken back."""
    last = session.scalars(
        select(Event)
        .where(Event.subject_kind == "ticket", Event.subject_id == ticket.id)
        .order_by(Event.id.desc())
        .limit(1)
    ).first()
    if last is None or by.is_clock or last.actor_id != by.person_id:
        return None
    is_recent = at - last.at <= timedelta(minutes=UNDO_MINUTES)
    return last if is_recent and last.detail.get("before") else None


Snapshot = dict[str, dict[str, Any]]


def _snapshot(session: Session, ticket: Ticket) -> Snapshot:
    """Every column of the ticket and of its assignments, as JSON can keep them."""
    rows = session.scalars(select(Assignment).where(Assignment.ticket_id == ticket.id))
    found = {"ticket": _columns(ticket)}
    for row in rows:
        found[str(row.id)] = _columns(row)
    return found


def _columns(row: Any) -> dict[str, Any]:
    return {
        attribute.key: _plain(getattr(row, attribute.key))
        for attribute in inspect(row).mapper.column_attrs
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    return value.value if isinstance(value, StrEnum) else value


def _difference(before: Snapshot, after: Snapshot) -> Snapshot:
    """What the rows held before, where it is another thing now; new rows with nothing."""
    changed: Snapshot = {}
    for key, row in after.items():
        old = before.get(key)
        if old is None:
            changed[key] = {}
        elif different := {name: old[name] for name in row if row[name] != old[name]}:
            changed[key] = different
    return changed


def _restore(session: Session, ticket: Ticket, before: Snapshot) -> None:
    for key, columns in before.items():
        row: Any = ticket if key == "ticket" else session.get(Assignment, int(key))
        if key != "ticket" and not columns:
            session.delete(row)
            continue
        mapper = inspect(row).mapper
        for name, value in columns.items():
            setattr(row, name, _typed(mapper.columns[name].type, value))


def _typed(kind: Any, value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"at"}:
        return datetime.fromisoformat(value["at"])
    word = getattr(kind, "enum_class", None)
    return word(value) if word is not None and value is not None else value
