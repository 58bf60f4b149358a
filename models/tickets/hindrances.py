"""What stands against a step that the table allows: the matter as it is, and what is given."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import inspect

from config.categories import Urgency
from models.errors import NotAllowed, NotFound, TooLate, TransitionNotAllowed
from models.posts import PAID
from models.protection import accused_persons, holders_for
from models.ticket_flow import MAX_REOPENS, Action, Capacity, Outcome, State
from models.tickets import assigning, supporting
from models.tickets.step import Step
from models.tickets.table import Answer, Ticket

# A duplicate is merged and a withdrawal is the reporter's: neither is how work ends.
ENDINGS = frozenset({Outcome.FIXED, Outcome.CANNOT_FIX, Outcome.NOT_OURS})
# An emergency is called and stood down, with everybody who was alerted.
WEIGHED = frozenset({Urgency.NORMAL, Urgency.URGENT})


def check(step: Step, action: Action) -> None:
    """Raises what stands against it; changes nothing."""
    if action in _CHECKS:
        _CHECKS[action](step)


def _refuse(step: Step, action: Action) -> None:
    raise TransitionNotAllowed(number=step.ticket.number, state=step.old, action=action)


def _accept(step: Step) -> None:
    if step.old == State.DISPATCHED:
        return
    mine = assigning.active_of(step.session, step.ticket, step.actor.person_id)
    if mine is None or mine.answer != Answer.ASKED:
        _refuse(step, Action.ACCEPT)


def _dispatch(step: Step) -> None:
    """Somebody takes it: who is named must serve the place in a paid post, and not be accused."""
    holder = step.given.get("holder")
    if holder is None:
        _found(step, assigning.next_owner(step))
        return
    if holder.person_id in accused_persons(step.session, step.ticket, step.at):
        raise NotAllowed(number=step.ticket.number)
    serving = holders_for(step.session, step.ticket, step.at)
    known = {(one.post_id, one.person_id) for one in serving if one.role in PAID}
    _found(step, holder if (holder.post_id, holder.person_id) in known else None)


def _send_back(step: Step) -> None:
    trial = _trial(step)
    trial.ticket.returns += 1
    _found(step, assigning.after_return(trial))


def _reopen(step: Step) -> None:
    is_resident = step.capacity in (Capacity.REPORTER, Capacity.SUPPORTER)
    if is_resident and step.ticket.reopens >= MAX_REOPENS:
        _refuse(step, Action.REOPEN)
    trial = _trial(step)
    _found(step, assigning.go_up(trial) or assigning.next_owner(trial))


def _escalate(step: Step) -> None:
    if not assigning.is_anybody_above(step.session, step.ticket, step.at):
        _refuse(step, Action.ESCALATE)


def _suspend(step: Step) -> None:
    until = step.given.get("until")
    if until is not None and until <= step.at:
        raise TooLate(number=step.ticket.number)


def _resolve(step: Step) -> None:
    if step.given.get("outcome", Outcome.FIXED) not in ENDINGS:
        _refuse(step, Action.RESOLVE)


def _merge(step: Step) -> None:
    if "into" in step.given:
        supporting.check(step)


def _set_urgency(step: Step) -> None:
    wanted = step.given.get("urgency")
    is_new = wanted is None or (wanted in WEIGHED and wanted != step.ticket.urgency)
    if step.ticket.urgency not in WEIGHED or not is_new:
        _refuse(step, Action.SET_URGENCY)


def _found(step: Step, holder: Any) -> None:
    if holder is None:
        raise NotFound(number=step.ticket.number)


def _trial(step: Step) -> Step:
    """The step on a copy of the ticket that no store knows, for rules that note what they find."""
    columns = inspect(Ticket).column_attrs
    copy = Ticket(**{one.key: getattr(step.ticket, one.key) for one in columns})
    return Step(step.session, copy, step.actor, step.capacity, step.old, step.at)


_CHECKS: dict[Action, Callable[[Step], None]] = {
    Action.ACCEPT: _accept,
    Action.DISPATCH: _dispatch,
    Action.TRANSFER: _dispatch,
    Action.UNMERGE: _dispatch,
    Action.SEND_BACK: _send_back,
    Action.REOPEN: _reopen,
    Action.ESCALATE: _escalate,
    Action.SUSPEND: _suspend,
    Action.RESOLVE: _resolve,
    Action.MERGE: _merge,
    Action.SET_URGENCY: _set_urgency,
}
