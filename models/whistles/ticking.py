"""What the clock does to whistles: reminders, late marks, an absent post looked for again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models.ticket_flow import OPEN, UNDO_MINUTES
from models.tickets.table import Ticket
from models.whistles import calling, clock, ending, lists, sides, telling
from models.whistles.flow import HANDED_ON, LATE_CHECK_IN, LATE_RESULT, Side, WhistleState
from models.whistles.table import Whistle, WhistleCall
from models.whistles.telling import Said

MOST = 500  # of one round; the next minute brings the rest


def due(session: Session, now: datetime, limit: int = MOST) -> Sequence[int]:
    """Whistles with something to do, and those whose ticket has ended for good."""
    over = func.coalesce(Ticket.ended_at, Ticket.resolved_at)
    is_over = Ticket.state.not_in(OPEN) & (over <= now - timedelta(minutes=UNDO_MINUTES))
    return session.scalars(
        select(Whistle.id)
        .join(Ticket, Ticket.id == Whistle.ticket_id)
        .where(Whistle.state == WhistleState.SOUNDED, or_(Whistle.clock_at <= now, is_over))
        .order_by(Whistle.clock_at, Whistle.id)
        .limit(limit)
    ).all()


def tick(session: Session, whistle: Whistle, now: datetime) -> str | None:
    """Does what has come due; of one department only the weightiest. Says what was done."""
    if whistle.state != WhistleState.SOUNDED:
        return None
    ticket = session.get_one(Ticket, whistle.ticket_id)
    if _is_over(ticket, now):
        ending.lapse(session, whistle, at=now)
        return "lapsed"
    since = whistle.clock_at
    if since is None or since > now:
        return None
    done = [
        step
        for call in lists.calls_of(session, whistle)
        if call.is_pending
        for step in _step(session, whistle, ticket, call, since, now)
    ]
    clock.move_on(session, whistle, now)
    session.flush()
    return done[0] if done else None


def _is_over(ticket: Ticket, now: datetime) -> bool:
    """Ended so long ago that it can not be undone any more."""
    over = ticket.ended_at or ticket.resolved_at
    if ticket.is_open or over is None:
        return False
    return over <= now - timedelta(minutes=UNDO_MINUTES)


def _step(
    session: Session,
    whistle: Whistle,
    ticket: Ticket,
    call: WhistleCall,
    since: datetime,
    now: datetime,
) -> list[str]:
    found = clock.passed(session, whistle, call, since, now)[:1]
    if _hand_on(session, whistle, ticket, call, now) and not found:
        return [HANDED_ON]
    for step in found:
        _tell(session, whistle, ticket, call, step, now)
    return found


def _hand_on(
    session: Session, whistle: Whistle, ticket: Ticket, call: WhistleCall, now: datetime
) -> bool:
    """Who holds the post now is asked, where nobody did or who was asked serves here no more."""
    asked = call.person_id
    if asked is not None and sides.answers_for(session, ticket, call.department, asked, now):
        return False
    holder = sides.liaison(session, ticket, call.department, now)
    if holder is None:
        return False
    call.person_id = holder.person_id
    along = telling.words_along(session, whistle)
    calling.hand(session, whistle, ticket, call, HANDED_ON, None, now, along)
    return True


def _tell(
    session: Session, whistle: Whistle, ticket: Ticket, call: WhistleCall, step: str, now: datetime
) -> None:
    """The department is reminded; that it is late is told to the caller too."""
    told: dict[str, list[int]] = {"called": [call.person_id] if call.person_id else []}
    is_late = step in (LATE_CHECK_IN, LATE_RESULT)
    if is_late:
        caller = sides.caller_of(session, whistle, ticket, now)
        told["caller"] = [caller] if caller else []
    telling.tell(
        session,
        whistle,
        ticket,
        Said(
            step,
            now,
            None,
            Side.CLOCK,
            parties=told,
            detail={"call": call.id, "department": call.department},
            context=telling.of_call(call) | {"has_person": call.person_id is not None},
            expires_at=None if is_late else call.result_due_at,
        ),
    )
