"""When the clock has something to do to a ticket: the moments, and the next of them."""

from datetime import datetime, timedelta

from sqlalchemy.orm import object_session

from config.categories import Urgency
from config.policy import load
from models import sla, work_calendars
from models.places import root_area_id
from models.sla import ServiceTerms
from models.ticket_flow import WAITING, State
from models.tickets.table import Ticket

ACCEPT = "accept_overdue"
ARRIVE = "arrive_overdue"
REMINDERS = {50: "half", 80: "most"}
DUE = "overdue"
LEVEL = "level_overdue"
RESUME = "pause_over"
RATING = "rating_missing"
ARCHIVE = "never_rated"
SHARE_WHEN_LATE = 0.5  # of the time to resolve, for a level that accepted a late matter
TOLD_ONCE = frozenset({DUE, LEVEL})  # gone from the steps once done: told however late

Moments = tuple[datetime, datetime, datetime | None]
"""By when to accept, to resolve, and the level that has it to act."""


def set_deadlines(ticket: Ticket, now: datetime) -> None:
    """Computes both deadlines from the facts alone, and the clock's next moment from them.

    Call it when class, place or pauses changed, or the calendar did. What was told of a deadline
    that passed stays told, unless the new one lies ahead.
    """
    was_due, was_told = ticket.accept_due_at, _is_told(ticket, ticket.resolve_due_at)
    renew_deadlines(ticket)
    resolve_due = ticket.resolve_due_at
    if was_told and resolve_due <= now and not _is_told(ticket, resolve_due):
        ticket.overdue_at = resolve_due
        renew_deadlines(ticket)  # how long the level may take hangs on it
    if ticket.state in WAITING and ticket.accept_due_at <= now < was_due:
        # The clock has not come to the old moment yet, and would never come to the new one.
        ticket.clock_at = ticket.accept_due_at
    set_clock(ticket, now)


def renew_deadlines(ticket: Ticket) -> None:
    """Both deadlines, and that of the level that has it, anew; the clock's moment stays."""
    ticket.accept_due_at, ticket.resolve_due_at, ticket.level_due_at = moments(ticket)


def moments(ticket: Ticket) -> Moments:
    """As facts and events make them now."""
    return moments_under(ticket, terms_of(ticket))


def moments_under(ticket: Ticket, terms: ServiceTerms) -> Moments:
    """The same under terms that may not be in force."""
    due = deadlines(ticket, terms)
    return due.accept_due_at, due.resolve_due_at, _level_due_anew(ticket, due, terms)


def deadlines(ticket: Ticket, terms: ServiceTerms) -> sla.Deadlines:
    """What the terms make of this ticket's class, opening and pauses."""
    return terms.deadlines(ticket.category, ticket.urgency, ticket.opened_at, pauses_of(ticket))


def terms_of(ticket: Ticket) -> ServiceTerms:
    """The terms where it lies; a place nobody knows yet has those of the whole house."""
    session = object_session(ticket)
    if session is None:
        raise ValueError("a ticket without its store has no place to count time by")
    area_id = ticket.area_id or root_area_id(session)
    return work_calendars.terms_at(session, area_id)


def set_clock(ticket: Ticket, after: datetime) -> None:
    """Points the ticket at the next thing the clock has to do later than `after`.

    What has come due and the clock has not seen yet stays due, since a step may fall into the
    minute between a moment and the clock's next round.
    """
    unseen = ticket.clock_at if ticket.clock_at is not None and ticket.clock_at <= after else None
    due = (
        (at, step)
        for at, step in steps(ticket)
        if at > after or _lasts(ticket, step) or (unseen is not None and unseen <= at)
    )
    ticket.clock_at, ticket.clock_step = next(due, (None, None))


def _lasts(ticket: Ticket, step: str) -> bool:
    """Whether it is due until it is done, be it that a pause began before the clock came by.

    Below the top whoever lets the time to accept pass loses it, or a level's time takes its place.
    """
    return step in TOLD_ONCE or (step == ACCEPT and ticket.level.up() is not None)


def move_on(ticket: Ticket, now: datetime) -> None:
    """The clock has done what was due by now."""
    ticket.clock_at = None
    set_clock(ticket, now)


def passed(ticket: Ticket, now: datetime) -> set[str]:
    """What has come due since the clock last looked at this ticket."""
    since = ticket.clock_at
    return {step for at, step in steps(ticket) if since is not None and since <= at <= now}


def steps(ticket: Ticket) -> list[tuple[datetime, str]]:
    """Every moment of this ticket, earliest first."""
    if ticket.state == State.SUSPENDED and ticket.suspended_until:
        return [(ticket.suspended_until, RESUME)]
    if ticket.state == State.RESOLVED and ticket.resolved_at:
        days = load("sla")["rating"]
        return [
            (ticket.resolved_at + timedelta(days=days["remind_days"]), RATING),
            (ticket.resolved_at + timedelta(days=days["archive_days"]), ARCHIVE),
        ]
    return sorted(_open_steps(ticket)) if ticket.is_open else []


def _open_steps(ticket: Ticket) -> list[tuple[datetime, str]]:
    points = terms_of(ticket).remind_points(
        ticket.category, ticket.urgency, ticket.opened_at, pauses_of(ticket)
    )
    found = [(point.at, REMINDERS[point.percent]) for point in points if point.percent in REMINDERS]
    if not _is_told(ticket, ticket.resolve_due_at):
        found.append((ticket.resolve_due_at, DUE))
    if ticket.state in WAITING and ticket.level_due_at is None:
        found.append((ticket.accept_due_at, ACCEPT))
    if ticket.level_due_at:
        found.append((ticket.level_due_at, LEVEL))
    if ticket.urgency == Urgency.EMERGENCY and ticket.arrived_at is None:
        found += _arrival(ticket)
    return found


def _is_told(ticket: Ticket, due: datetime) -> bool:
    """Whether everybody was told that this deadline has passed."""
    return ticket.overdue_at is not None and ticket.overdue_at >= due


def _arrival(ticket: Ticket) -> list[tuple[datetime, str]]:
    due = deadlines(ticket, terms_of(ticket)).arrive_due_at
    return [(due, ARRIVE)] if due else []


def pauses_of(ticket: Ticket) -> list[sla.Pause]:
    """When it was suspended; a pause that lasts counts to its planned end."""
    done = [
        (datetime.fromisoformat(begin), datetime.fromisoformat(end)) for begin, end in ticket.pauses
    ]
    if ticket.suspended_at and ticket.suspended_until:
        done.append((ticket.suspended_at, ticket.suspended_until))
    return done


def end_pause(ticket: Ticket, at: datetime) -> None:
    """Keeps a pause that lasts as done; one that outlasted its plan counts to its plan."""
    if ticket.suspended_at and ticket.suspended_until:
        end = min(at, ticket.suspended_until)
        ticket.pauses = [*ticket.pauses, [ticket.suspended_at.isoformat(), end.isoformat()]]
    ticket.suspended_at = ticket.suspended_until = None


def begin_level(ticket: Ticket, at: datetime, *, share_of_resolving: float = 0.0) -> None:
    """Whoever has it must act within their own time from then on; pauses lengthen it."""
    ticket.level_began_at = at
    ticket.level_due_at = level_due(ticket, at, share_of_resolving=share_of_resolving)


def end_level(ticket: Ticket) -> None:
    ticket.level_began_at = ticket.level_due_at = None


def level_due(ticket: Ticket, now: datetime, *, share_of_resolving: float = 0.0) -> datetime:
    """When a level that took the ticket over must have acted: the time to accept again, or a
    share of the time to resolve. The promise to the resident, `resolve_due_at`, stays."""
    return _level_due(ticket, terms_of(ticket), now, share_of_resolving)


def _level_due(ticket: Ticket, terms: ServiceTerms, began: datetime, share: float) -> datetime:
    return terms.due(
        ticket.category, ticket.urgency, began, pauses_of(ticket), share_of_resolving=share
    )


def _level_due_anew(ticket: Ticket, due: sla.Deadlines, terms: ServiceTerms) -> datetime | None:
    """Its time again since it began: a transfer within the level does not lengthen it."""
    began = ticket.level_began_at
    if ticket.level_due_at is None or began is None:
        return ticket.level_due_at
    is_taken = (ticket.state_before or ticket.state) not in WAITING
    if is_taken and not _is_told(ticket, due.resolve_due_at):
        return due.resolve_due_at  # it is in time again: the deadline itself leads up
    is_late = is_taken and began >= due.resolve_due_at
    return _level_due(ticket, terms, began, SHARE_WHEN_LATE if is_late else 0.0)
