"""What each action does to a ticket, beside the change of state that its table row says."""

from collections.abc import Callable
from datetime import datetime

from config.categories import Urgency
from models import outbox
from models.errors import NotFound, TooLate
from models.on_duty import Holder
from models.ticket_flow import Action, Outcome, State
from models.tickets import assigning, clock, reviewing, supporting, undoing
from models.tickets.step import Step
from models.tickets.table import Answer, Part, Ticket


def _dispatch(step: Step) -> None:
    holder: Holder | None = step.given.get("holder") or assigning.next_owner(step)
    if holder is None:
        raise NotFound(number=step.ticket.number)
    assigning.hand_to(step.session, step.ticket, holder, step.at)


def _accept(step: Step) -> None:
    ticket = step.ticket
    with step.session.no_autoflush:  # of what has changed it asks nothing
        mine = assigning.active_of(step.session, step.ticket, step.actor.person_id)
    if mine is not None:
        mine.answer, mine.answered_at = Answer.ACCEPTED, step.at
    if ticket.accepted_at is None:
        ticket.accepted_at = step.at
    if ticket.is_answered_late is None:
        ticket.is_answered_late = step.at > ticket.accept_due_at
    if mine is None or mine.part == Part.OWNER:
        # 首问负责: the first paid post that took it follows it up to the end.
        ticket.first_contact_id = ticket.first_contact_id or ticket.owner_post_id
    if ticket.level_due_at is not None:
        if ticket.resolve_due_at <= step.at:
            clock.begin_level(ticket, step.at, share_of_resolving=clock.SHARE_WHEN_LATE)
        else:
            clock.end_level(ticket)


def _send_back(step: Step) -> None:
    ticket = step.ticket
    ticket.returns += 1
    step.detail["returns"] = ticket.returns
    assigning.release_owner(step.session, ticket, step.at, Answer.DECLINED)
    holder = assigning.after_return(step)
    if holder is None:
        raise NotFound(number=ticket.number)
    if "to_level" in step.detail:
        clock.begin_level(ticket, step.at)
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
    ticket.resolved_at, ticket.is_resolved_late = step.at, step.at > ticket.resolve_due_at
    step.detail["outcome"] = ticket.outcome
    if ticket.urgency == Urgency.EMERGENCY:
        reviewing.tell(step)
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
    clock.end_level(ticket)
    ticket.is_resolved_late = None
    ticket.reported_at = ticket.reported_at or ticket.opened_at
    # A matter taken up again has a clock of its own from now on.
    ticket.opened_at, ticket.pauses, ticket.accepted_at = step.at, [], None
    ticket.arrived_at = None
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
    clock.begin_level(step.ticket, step.at)


def _merge(step: Step) -> None:
    into: Ticket = step.given["into"]
    step.ticket.merged_into = into.id  # before anything is flushed: the store asks for it
    _miss_answer(step)
    clock.end_pause(step.ticket, step.at)
    step.ticket.state_before = step.old
    step.ticket.outcome, step.ticket.ended_at = Outcome.DUPLICATE, step.at
    supporting.join(step)
    assigning.finish_all(step.session, step.ticket, step.at)


def _unmerge(step: Step) -> None:
    ticket = step.ticket
    into = ticket.merged_into
    ticket.merged_into = ticket.outcome = ticket.ended_at = ticket.state_before = None
    supporting.part(step, into)
    clock.set_deadlines(ticket, step.at)  # the merge may have cut a pause short
    _dispatch(step)


def _withdraw(step: Step) -> None:
    """Whom neighbours have joined leaves alone: the matter goes on for them."""
    if step.parties["supporters"]:
        step.ticket.state, step.ticket.reporter_left_at = step.old, step.at
        step.verb = "ticket_left_to_others"
        supporting.settle(step.session, step.ticket.id, step.at)
        return
    _miss_answer(step)
    clock.end_pause(step.ticket, step.at)
    step.ticket.outcome, step.ticket.ended_at = Outcome.WITHDRAWN, step.at
    assigning.finish_all(step.session, step.ticket, step.at)


def _archive(step: Step) -> None:
    step.ticket.ended_at = step.at


def _decline(step: Step) -> None:
    for mine in assigning.helping(step.session, step.ticket, step.actor.person_id):
        mine.answer, mine.answered_at = Answer.DECLINED, step.at


def _set_urgency(step: Step) -> None:
    """Both deadlines anew from when it was reported; the resident hears of another promise."""
    ticket, wanted = step.ticket, step.given["urgency"]
    step.detail.update(before_urgency=ticket.urgency, after_urgency=wanted)
    promised = ticket.resolve_due_at
    ticket.urgency = wanted
    clock.set_deadlines(ticket, step.at)
    if ticket.resolve_due_at != promised:
        step.parties["promised"] = [*step.parties["reporter"], *step.parties["supporters"]]


def _undo(step: Step) -> None:
    session, ticket = step.session, step.ticket
    event = undoing.undoable(session, ticket, step.actor, step.at)
    if event is None:
        raise TooLate(number=ticket.number)
    former = ticket.merged_into
    undoing.restore(session, ticket, event.detail["before"])
    _settle_undone(step, former)
    is_moved = ticket.is_open and _follow_calendar(ticket)
    if is_moved or not undoing.is_last(session, ticket, event):
        clock.move_on(ticket, step.at)
    step.detail["undone"] = event.verb
    step.detail["undone_event"] = event.id
    caused = [event.id, *event.detail.get("led_to", ())]
    left = [message for one in caused for message in outbox.cancel_event(session, one)]
    step.parties = {"told": [one.person_id for one in left if one.person_id is not None]}


def _follow_calendar(ticket: Ticket) -> bool:
    """The calendar may be another one than when the rows were kept; says whether it is."""
    kept = ticket.accept_due_at, ticket.resolve_due_at, ticket.level_due_at
    clock.renew_deadlines(ticket)
    return kept != (ticket.accept_due_at, ticket.resolve_due_at, ticket.level_due_at)


def _settle_undone(step: Step, former: int | None) -> None:
    """Who stands behind whom, once a ticket is merged no more, again, or has its reporter back."""
    session, ticket = step.session, step.ticket
    if ticket.merged_into != former and ticket.merged_into is not None:
        into = session.get_one(Ticket, ticket.merged_into)
        if not into.is_open:  # it ended meanwhile, or became part of another, even of this one
            raise TooLate(number=ticket.number)
    if ticket.merged_into != former:
        supporting.part(step, former)
    supporting.settle(session, ticket.id, step.at)


def _miss_answer(step: Step) -> None:
    """Nobody had taken it when it ended: late if the time to accept had passed, else not owed."""
    ticket = step.ticket
    if ticket.is_answered_late is None and step.at > ticket.accept_due_at:
        ticket.is_answered_late = True


def _keep_rating(step: Step) -> None:
    ticket = step.ticket
    ticket.is_solved, ticket.stars = step.given.get("solved"), step.given.get("stars")
    ticket.rated_at = step.at
    step.detail.update(solved=ticket.is_solved, stars=ticket.stars)


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
    Action.SET_URGENCY: _set_urgency,
    Action.UNDO: _undo,
}
