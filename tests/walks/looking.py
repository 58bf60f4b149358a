"""What must be true of a ticket and its whistles after every step, whatever was tried."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.outbox import OutboxMessage
from models.posts import Post
from models.protection import may_see
from models.ticket_flow import Action
from models.tickets import assigning, lists
from models.tickets.actions import can
from models.tickets.step import Actor
from models.tickets.table import Assignment, Ticket
from models.whistles import lists as whistle_lists
from models.whistles import sides
from models.whistles.flow import WhistleState
from models.whistles.table import Whistle, WhistleCall
from tests.proof import hours
from tests.walks.rules import is_known

OPEN = ("reported", "dispatched", "accepted", "in_progress", "suspended")
ENDED = ("archived", "merged", "withdrawn")
NEVER_OWNERS = ("building_head", "unit_head", "committee_member", "volunteer", "resident")


def forbidden(session: Session, one: Ticket) -> Iterator[str]:
    """What stands in the rows and must not."""
    active = session.scalars(
        select(Assignment).where(
            Assignment.ticket_id == one.id, Assignment.answer.in_(["asked", "accepted"])
        )
    ).all()
    yield from _about_owner(session, one, active)
    yield from _about_end(one, active)
    if (one.state == "suspended") != (one.suspended_until is not None):
        yield "a pause without end, or an end without pause"
    if one.state == "suspended" and one.state_before not in OPEN[1:4]:
        yield f"a pause that leads back to {one.state_before}"
    yield from _about_level(one)
    if (one.merged_into is not None) != (one.state == "merged") or one.merged_into == one.id:
        yield f"{one.state} and merged into {one.merged_into}"
    if len({(row.person_id, row.part) for row in active}) < len(active):
        yield "the same person asked twice for the same"


def _about_owner(session: Session, one: Ticket, active: Sequence[Assignment]) -> Iterator[str]:
    owners = [row.person_id for row in active if row.part == "owner"]
    if one.state == "reported" and one.owner_id is None:
        return
    if owners != ([one.owner_id] if one.state in OPEN else []):
        yield f"{one.state} and owned by {owners}, not {one.owner_id}"
    if session.get_one(Post, one.owner_post_id).role in NEVER_OWNERS:
        yield "owned by a neighbour"


def _about_level(one: Ticket) -> Iterator[str]:
    """Whoever has it has their own time since it began: no more, whoever got it meanwhile."""
    if (one.level_due_at is None) != (one.level_began_at is None):
        yield f"a level with time until {one.level_due_at} since {one.level_began_at}"
    if one.level_due_at is None or one.level_began_at is None or one.state not in OPEN:
        return
    pauses = [tuple(map(datetime.fromisoformat, pause)) for pause in one.pauses]
    if one.suspended_at and one.suspended_until:
        pauses.append((one.suspended_at, one.suspended_until))
    accept, resolve = hours.term(one.category, one.urgency)
    times = {
        hours.after(one.level_began_at, minutes, one.urgency, tuple(pauses))
        for minutes in (accept, max(accept, resolve / 2))
    }
    is_told = one.overdue_at is not None and one.overdue_at >= one.resolve_due_at
    if not is_told:
        times.add(one.resolve_due_at)  # who took it in time has it till then
    if one.level_due_at not in times:
        yield f"a level with time until {one.level_due_at} since {one.level_began_at}"


def _about_end(one: Ticket, active: Sequence[Assignment]) -> Iterator[str]:
    if one.state not in OPEN and active:
        yield f"{one.state} and somebody is still asked"
    if (one.state in ENDED) != (one.ended_at is not None):
        yield f"{one.state} and ended at {one.ended_at}"
    if one.state in ENDED and one.clock_at is not None:
        yield f"{one.state} and the clock still runs"
    outcomes = {
        "merged": ("duplicate",),
        "withdrawn": ("withdrawn",),
        **dict.fromkeys(("resolved", "archived"), ("fixed", "cannot_fix", "not_ours")),
    }.get(one.state, (None,))
    if one.outcome not in outcomes:
        yield f"{one.state} with outcome {one.outcome}"
    if one.state in ("resolved", "archived") and not (one.result or "").strip():
        yield f"{one.state} without a result"


def forbidden_whistles(whistles: Sequence[Whistle], calls: Sequence[WhistleCall]) -> Iterator[str]:
    states = {whistle.id: whistle.state for whistle in whistles}
    if list(states.values()).count(WhistleState.SOUNDED) > 1:
        yield "two whistles under way"
    if any(whistle.state != "sounded" and whistle.clock_at for whistle in whistles):
        yield "a whistle that ended and has a clock"
    for call in calls:
        is_over = states[call.whistle_id] != "sounded"
        if is_over and call.state in ("called", "checked_in"):
            yield f"the whistle ended and {call.department} is still waited for"
        if (call.note_id is not None) != (call.state in ("answered", "returned")):
            yield f"{call.department} {call.state} with note {call.note_id}"


def shown_to_accused(session: Session, one: Ticket, who: int, at: datetime) -> Iterator[str]:
    """Every way by which somebody the matter is about could see, get or close it."""
    by = Actor(who)
    known = [action for action in Action if is_known(one.state, action)]
    if any(can(session, one, action, by=by, at=at) for action in known):
        yield "may act"
    if may_see(session, one, who, at):
        yield "may see it"
    if who in sides.callers(session, one, at):
        yield "may call departments"
    if who in [holder.person_id for holder in assigning.paid_choices(session, one, at)]:
        yield "is offered for a transfer"


def listed_for(session: Session, one: Ticket, who: int) -> Iterator[str]:
    """The lists by which people work, which take longer to read."""
    if one.id in [ticket.id for ticket, _ in lists.tasks_of(session, who)]:
        yield "has it in the list of tasks"
    if one.id in [ticket.id for _, ticket in whistle_lists.calls_for(session, who)]:
        yield "has it in the list of calls"


def asked_of(session: Session, one: Ticket, people: list[int]) -> bool:
    """Whether one of these people is asked to work on it, or called to it."""
    asked = select(Assignment.id).where(
        Assignment.ticket_id == one.id,
        Assignment.person_id.in_(people),
        Assignment.answer.in_(["asked", "accepted"]),
    )
    called = (
        select(WhistleCall.id)
        .join(Whistle, Whistle.id == WhistleCall.whistle_id)
        .where(Whistle.ticket_id == one.id, WhistleCall.person_id.in_(people))
    )
    return any(session.scalars(query.limit(1)).first() is not None for query in (asked, called))


def told_to(session: Session, one: Ticket, people: list[int]) -> int:
    """How many messages about it go to these people."""
    found = select(func.count(OutboxMessage.id)).where(
        OutboxMessage.ticket_id == one.id, OutboxMessage.person_id.in_(people)
    )
    return session.scalar(found) or 0
