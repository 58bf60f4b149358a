"""What the clock does to a ticket, and when: reminders, the step up, the end of a pause."""

from datetime import datetime

from models import sla
from models.ticket_flow import OPEN, WAITING, State
from models.tickets.table import Ticket

ACCEPT = "accept_overdue"
REMINDERS = {50: "half", 80: "most"}
DUE = "overdue"
LEVEL = "level_overdue"
RESUME = "pause_over"


def set_deadlines(ticket: Ticket, now: datetime) -> None:
    """Computes both deadlines from the facts alone; call it when class or pauses changed."""
    terms = sla.deadlines(ticket.category, ticket.urgency, ticket.opened_at, pauses_of(ticket))
    ticket.accept_due_at = terms.accept_due_at
    ticket.resolve_due_at = terms.resolve_due_at
    set_clock(ticket, now)


def set_clock(ticket: Ticket, after: datetime) -> None:
    """Points the ticket at the next thing the clock has to do later than `after`."""
    ticket.clock_step = ticket.clock_at = None
    if ticket.state not in OPEN:
        return
    for at, step in steps(ticket):
        if at > after:
            ticket.clock_at, ticket.clock_step = at, step
            return


def steps(ticket: Ticket) -> list[tuple[datetime, str]]:
    """Every moment of this ticket, earliest first."""
    if ticket.state == State.SUSPENDED and ticket.suspended_until:
        return [(ticket.suspended_until, RESUME)]
    found = [(ticket.resolve_due_at, DUE)]
    if ticket.state in WAITING:
        found.append((ticket.accept_due_at, ACCEPT))
    points = sla.remind_points(ticket.category, ticket.urgency, ticket.opened_at, pauses_of(ticket))
    if ticket.level_due_at:
        found.append((ticket.level_due_at, LEVEL))
    found += [
        (point.at, REMINDERS[point.percent]) for point in points if point.percent in REMINDERS
    ]
    return sorted(found)


def pauses_of(ticket: Ticket) -> list[sla.Pause]:
    """When it was suspended; a pause that lasts counts to its planned end."""
    done = [
        (datetime.fromisoformat(begin), datetime.fromisoformat(end)) for begin, end in ticket.pauses
    ]
    if ticket.suspended_at and ticket.suspended_until:
        done.append((ticket.suspended_at, ticket.suspended_until))
    return done


def level_due(ticket: Ticket, now: datetime, *, share_of_resolving: float = 0.0) -> datetime:
    """When a level that took the ticket over must have acted: the time to accept again, or a
    share of the time to resolve. The promise to the resident, `resolve_due_at`, stays."""
    term = sla.shipped().term(ticket.category, ticket.urgency)
    minutes = max(term.accept, term.resolve * share_of_resolving)
    return term.keeping.add(now, minutes)
