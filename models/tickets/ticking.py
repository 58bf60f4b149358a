"""What the clock does to one ticket that has come due: reminders, the step up, the end."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from config.categories import Urgency
from models.events import Event
from models.posts import Role
from models.protection import accused_persons, holders_for
from models.ticket_flow import EVENTS, Action
from models.tickets import assigning, clock, facts, lists, reminding, reviewing
from models.tickets.actions import apply
from models.tickets.step import CLOCK
from models.tickets.table import Ticket

# Who is told beside the owner: that a deadline has passed, and that no level is left to go to.
WATCHING = frozenset({Role.GRID_LEADER, Role.COMMUNITY_STAFF})
LAST_RESORT = frozenset({Role.COMMUNITY_STAFF, Role.SUBDISTRICT_STAFF, Role.DUTY_DESK})


def due(
    session: Session, now: datetime, after: tuple[datetime, int] | None, limit: int
) -> list[tuple[datetime, int]]:
    """Moment and id of the tickets the clock has something to do to, the longest due first."""
    ahead = tuple_(Ticket.clock_at, Ticket.id)
    found = select(Ticket.clock_at, Ticket.id).where(Ticket.clock_at <= now)
    if after is not None:
        found = found.where(ahead > after)
    rows = session.execute(found.order_by(Ticket.clock_at, Ticket.id).limit(limit))
    return [(at, ticket_id) for at, ticket_id in rows if at is not None]


def tick(session: Session, ticket: Ticket, now: datetime) -> str | None:
    """Does the weightiest of what has come due and says what; the rest of the past is dropped.

    So a clock that stood still sends one reminder, not all it missed, and goes up one level.
    """
    if ticket.clock_at is None or ticket.clock_at > now:
        return None
    found = clock.passed(ticket, now)
    due = [one for one in STEPS if one in found]
    for step in due:
        # That nobody is there is told beside whatever else has come due.
        if step in (due[0], clock.ARRIVE):
            STEPS[step](session, ticket, now)
    clock.move_on(ticket, now)
    session.flush()
    return due[0] if due else None


def _resume(session: Session, ticket: Ticket, now: datetime) -> None:
    apply(session, ticket, Action.RESUME, by=CLOCK, at=now)


def _overdue(session: Session, ticket: Ticket, now: datetime) -> None:
    """Told once for each deadline. Who hears of the step up is not told the same twice."""
    ticket.overdue_at = ticket.resolve_due_at
    goes_up = _may_go_up(session, ticket, now)
    told = {"supervisors": watching(session, ticket, now, WATCHING)}
    first = assigning.follower(session, ticket, now)
    if first is not None and first not in told["supervisors"]:
        told["follower"] = [first]
    if not goes_up:
        people = facts.parties(session, ticket)
        told |= {part: list(people[part]) for part in ("owner", "reporter", "supporters")}
    reminding.tell(session, ticket, reminding.OVERDUE, told, now)
    if goes_up:
        _escalate(session, ticket, now, clock.DUE)


def _may_go_up(session: Session, ticket: Ticket, now: datetime) -> bool:
    """A level that has just taken over keeps the time to accept; its own moment follows."""
    if not assigning.is_anybody_above(session, ticket, now):
        _look_again(ticket, now)
        return False
    last = session.scalar(
        select(Event.at)
        .where(
            Event.subject_kind == "ticket",
            Event.subject_id == ticket.id,
            Event.verb == EVENTS[Action.ESCALATE],
        )
        .order_by(Event.id.desc())
        .limit(1)
    )
    if last is None or clock.level_due(ticket, last) <= now:
        return True
    clock.begin_level(ticket, last)
    return False


def _level_overdue(session: Session, ticket: Ticket, now: datetime) -> None:
    _escalate_or_tell(session, ticket, now, clock.LEVEL)


def _accept_overdue(session: Session, ticket: Ticket, now: datetime) -> None:
    first = ticket.owner_id
    _escalate_or_tell(session, ticket, now, clock.ACCEPT)
    if ticket.urgency == Urgency.EMERGENCY:
        told = set(assigning.silent_posts(session, ticket)) - {first, ticket.owner_id}
        reminding.tell(session, ticket, reminding.UNANSWERED, {"alerted": sorted(told)}, now)


def _nobody_there(session: Session, ticket: Ticket, now: datetime) -> None:
    is_over = reviewing.standing(session, ticket, reviewing.STOOD_DOWN)
    if is_over or reminding.has_told(session, ticket, reminding.UNREACHED):
        return
    told = {
        "owner": [ticket.owner_id] if ticket.owner_id else [],
        "reporter": list(facts.parties(session, ticket)["reporter"]),
        "supervisors": watching(session, ticket, now, LAST_RESORT),
    }
    reminding.tell(session, ticket, reminding.UNREACHED, told, now)


def _escalate_or_tell(session: Session, ticket: Ticket, now: datetime, cause: str) -> None:
    if assigning.is_anybody_above(session, ticket, now):
        _escalate(session, ticket, now, cause)
        return
    _look_again(ticket, now)
    if not reminding.has_told(session, ticket, reminding.STUCK):
        told = {"supervisors": watching(session, ticket, now, LAST_RESORT)}
        reminding.tell(session, ticket, reminding.STUCK, told, now)


def _look_again(ticket: Ticket, now: datetime) -> None:
    """Nobody is above now; unless it is at the top, a post may be filled or a leave end."""
    if ticket.level.up() is None:
        clock.end_level(ticket)
    else:
        clock.begin_level(ticket, now)


def _escalate(session: Session, ticket: Ticket, now: datetime, cause: str) -> None:
    first = ticket.owner_id
    apply(session, ticket, Action.ESCALATE, by=CLOCK, at=now, reason=cause)
    if ticket.urgency == Urgency.EMERGENCY:
        # They may be on their way: the next level comes beside them, not in their place.
        former = (one for one in holders_for(session, ticket, now) if one.person_id == first)
        assigning.alert(session, ticket, list(former)[:1], now)


def _half(session: Session, ticket: Ticket, now: datetime) -> None:
    _remind(session, ticket, now, reminding.HALF)


def _most(session: Session, ticket: Ticket, now: datetime) -> None:
    _remind(session, ticket, now, reminding.MOST)


def _remind(session: Session, ticket: Ticket, now: datetime, verb: str) -> None:
    if reminding.has_told(session, ticket, verb, of=ticket.resolve_due_at):
        return
    owner = [ticket.owner_id] if ticket.owner_id else []
    due = ticket.resolve_due_at
    reminding.tell(session, ticket, verb, {"owner": owner}, now, due if due > now else None)


def _remind_to_rate(session: Session, ticket: Ticket, now: datetime) -> None:
    told = {
        "reporter": facts.parties(session, ticket)["reporter"],
        "supporters": lists.supporters_unrated(session, ticket),
    }
    reminding.tell(session, ticket, reminding.RATING, told, now)


def _archive(session: Session, ticket: Ticket, now: datetime) -> None:
    apply(session, ticket, Action.ARCHIVE, by=CLOCK, at=now)


def watching(session: Session, ticket: Ticket, now: datetime, roles: frozenset[Role]) -> list[int]:
    """Supervisors of the place; never those the matter is about, nor who owns it."""
    skip = accused_persons(session, ticket, now) | {ticket.owner_id}
    holders = holders_for(session, ticket, now)
    found = (one.person_id for one in holders if one.role in roles)
    return list(dict.fromkeys(person for person in found if person not in skip))


# The weightiest first.
STEPS: dict[str, Callable[[Session, Ticket, datetime], None]] = {
    clock.RESUME: _resume,
    clock.DUE: _overdue,
    clock.LEVEL: _level_overdue,
    clock.ACCEPT: _accept_overdue,
    clock.ARRIVE: _nobody_there,
    clock.REMINDERS[80]: _most,
    clock.REMINDERS[50]: _half,
    clock.ARCHIVE: _archive,
    clock.RATING: _remind_to_rate,
}
