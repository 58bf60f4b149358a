"""When the clock has something to do to a ticket: the moments, and the next of them."""

from datetime import datetime, timedelta

from config.categories import Urgency
from config.policy import load
from models import sla
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


def set_deadlines(ticket: Ticket, now: datetime) -> None:
    """Computes both deadlines from the facts alone; call it when class or pauses changed."""
    terms = sla.deadlines(ticket.category, ticket.urgency, ticket.opened_at, pauses_of(ticket))
    ticket.accept_due_at = terms.accept_due_at
    ticket.resolve_due_at = terms.resolve_due_at
    set_clock(ticket, now)


def set_clock(ticket: Ticket, after: datetime) -> None:
    """Points the ticket at the next thing the clock has to do later than `after`.

    That the deadline has passed is told however late, since a step may fall into the minute
    between the deadline and the clock's next round.
    """
    ticket.clock_step = ticket.clock_at = None
    for at, step in steps(ticket):
        if at > after or step == DUE:
            ticket.clock_at, ticket.clock_step = at, step
            return


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
    points = sla.remind_points(ticket.category, ticket.urgency, ticket.opened_at, pauses_of(ticket))
    found = [(point.at, REMINDERS[point.percent]) for point in points if point.percent in REMINDERS]
    if ticket.overdue_at is None or ticket.overdue_at < ticket.resolve_due_at:
        found.append((ticket.resolve_due_at, DUE))
    if ticket.state in WAITING:
        found.append((ticket.accept_due_at, ACCEPT))
    if ticket.level_due_at:
        found.append((ticket.level_due_at, LEVEL))
    if ticket.urgency == Urgency.EMERGENCY and ticket.arrived_at is None:
        found += _arrival(ticket)
    return found


def _arrival(ticket: Ticket) -> list[tuple[datetime, str]]:
    terms = sla.deadlines(ticket.category, ticket.urgency, ticket.opened_at, pauses_of(ticket))
    return [(terms.arrive_due_at, ARRIVE)] if terms.arrive_due_at else []


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


def level_due(ticket: Ticket, now: datetime, *, share_of_resolving: float = 0.0) -> datetime:
    """When a level that took the ticket over must have acted: the time to accept again, or a
    share of the time to resolve. The promise to the resident, `resolve_due_at`, stays."""
    term = sla.shipped().term(ticket.category, ticket.urgency)
    minutes = max(term.accept, term.resolve * share_of_resolving)
    return term.keeping.add(now, minutes)
