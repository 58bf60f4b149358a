"""Which whistles there are, and for whom: queries only."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from models.tickets.lists import RECENT_MINUTES
from models.tickets.table import Ticket
from models.whistles.flow import GIVEN, PENDING, CallState, WhistleState
from models.whistles.table import Whistle, WhistleCall

Asked = tuple[WhistleCall, Ticket]


def under_way(session: Session, ticket_id: int) -> Whistle | None:
    """The whistle of a ticket that nobody has ended, held against others until the commit."""
    return session.scalars(
        select(Whistle)
        .where(Whistle.ticket_id == ticket_id, Whistle.state == WhistleState.SOUNDED)
        .with_for_update()
    ).first()


def latest(session: Session, ticket_id: int) -> Whistle | None:
    """The last one that was not taken back, ended or not."""
    return session.scalars(
        select(Whistle)
        .where(Whistle.ticket_id == ticket_id, Whistle.state != WhistleState.CANCELLED)
        .order_by(Whistle.id.desc())
        .limit(1)
    ).first()


def latest_with_calls(
    session: Session, ticket_id: int
) -> tuple[Whistle | None, Sequence[WhistleCall]]:
    """The last one that was not taken back, and its departments as `calls_of` has them."""
    is_of = WhistleCall.whistle_id == Whistle.id, WhistleCall.state != CallState.CANCELLED
    rows = session.execute(
        select(Whistle, WhistleCall)
        .outerjoin(WhistleCall, and_(*is_of))
        .where(Whistle.ticket_id == ticket_id, Whistle.state != WhistleState.CANCELLED)
        .order_by(Whistle.id.desc(), WhistleCall.id)
    ).all()
    if not rows:
        return None, ()
    last = rows[0][0]
    return last, [call for whistle, call in rows if whistle is last and call is not None]


def calls_of(session: Session, whistle: Whistle) -> Sequence[WhistleCall]:
    """Its departments in the order they were called, without those taken back."""
    return session.scalars(
        select(WhistleCall)
        .where(WhistleCall.whistle_id == whistle.id, WhistleCall.state != CallState.CANCELLED)
        .order_by(WhistleCall.id)
    ).all()


def called_departments(session: Session, ticket_id: int) -> set[str]:
    """Asked or answered in the whistle under way; who sent it back may be asked again."""
    calls = session.scalars(
        select(WhistleCall)
        .join(Whistle, Whistle.id == WhistleCall.whistle_id)
        .where(
            Whistle.ticket_id == ticket_id,
            Whistle.state == WhistleState.SOUNDED,
        )
    )
    return not_again(calls)


def not_again(calls: Iterable[WhistleCall]) -> set[str]:
    """The departments of a whistle under way that are asked or have answered."""
    left = (CallState.RETURNED, CallState.CANCELLED)
    return {call.department for call in calls if call.state not in left}


def calls_for(
    session: Session, person_id: int, states: frozenset[CallState] = PENDING
) -> list[Asked]:
    """What waits for this person as a department's liaison, the earliest due first."""
    rows = session.execute(
        select(WhistleCall, Ticket)
        .join(Whistle, Whistle.id == WhistleCall.whistle_id)
        .join(Ticket, Ticket.id == Whistle.ticket_id)
        .where(
            WhistleCall.person_id == person_id,
            WhistleCall.state.in_(states),
            Whistle.state == WhistleState.SOUNDED,
        )
        .order_by(WhistleCall.result_due_at, WhistleCall.id)
    )
    return [(call, ticket) for call, ticket in rows]


def sounded_by(session: Session, person_id: int) -> list[tuple[Whistle, Ticket]]:
    """What this person called and has not ended, the oldest first."""
    rows = session.execute(
        select(Whistle, Ticket)
        .join(Ticket, Ticket.id == Whistle.ticket_id)
        .where(Whistle.caller_id == person_id, Whistle.state == WhistleState.SOUNDED)
        .order_by(Whistle.id)
    )
    return [(whistle, ticket) for whistle, ticket in rows]


def late_check_ins(
    session: Session, community_id: int, since: datetime, now: datetime
) -> list[tuple[int, int]]:
    """Calls of this community, with their tickets, that came late since then or still have not."""
    came_at = func.coalesce(WhistleCall.checked_in_at, WhistleCall.closed_at)
    rows = session.execute(
        select(WhistleCall.id, Ticket.id)
        .join(Whistle, Whistle.id == WhistleCall.whistle_id)
        .join(Ticket, Ticket.id == Whistle.ticket_id)
        .where(
            Ticket.community_id == community_id,
            WhistleCall.state != CallState.CANCELLED,
            WhistleCall.check_in_due_at <= now,
            or_(
                came_at.is_(None),
                and_(came_at > WhistleCall.check_in_due_at, came_at >= since),
            ),
        )
        .order_by(WhistleCall.check_in_due_at, WhistleCall.id)
    )
    return [(call_id, ticket_id) for call_id, ticket_id in rows]


def was_called(session: Session, ticket_id: int, person_id: int) -> bool:
    """Whether this person is, or was, asked for a department on the ticket."""
    found = (
        select(WhistleCall.id)
        .join(Whistle, Whistle.id == WhistleCall.whistle_id)
        .where(
            Whistle.ticket_id == ticket_id,
            WhistleCall.person_id == person_id,
            WhistleCall.state != CallState.CANCELLED,
        )
    )
    return session.scalar(found.limit(1)) is not None


def just_answered(session: Session, person_id: int, now: datetime) -> Ticket | None:
    """The ticket on which this liaison lately checked in or answered: a photo belongs to it."""
    since = now - timedelta(minutes=RECENT_MINUTES)
    return session.scalars(
        select(Ticket)
        .join(Whistle, Whistle.ticket_id == Ticket.id)
        .join(WhistleCall, WhistleCall.whistle_id == Whistle.id)
        .where(
            WhistleCall.person_id == person_id,
            WhistleCall.state.in_([CallState.CHECKED_IN, *GIVEN]),
            (WhistleCall.checked_in_at > since) | (WhistleCall.closed_at > since),
        )
        .order_by(WhistleCall.id.desc())
        .limit(1)
    ).first()


def ticket_of(session: Session, call: WhistleCall) -> Ticket:
    return session.get_one(Ticket, session.get_one(Whistle, call.whistle_id).ticket_id)
