"""Tickets that nobody owns, because nobody holds a post that could."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import events, localtime
from models.events import Event, Fact
from models.places import root_area_id
from models.posts import Role, holding
from models.tickets.table import IS_OPEN, Ticket

VERB = "tickets_without_owner"
STAFF = (Role.ADMIN, Role.DUTY_DESK, Role.SUBDISTRICT_STAFF, Role.COMMUNITY_STAFF)


def without_owner(session: Session, after: int, limit: int) -> Sequence[int]:
    """Ids, in their order, of the open tickets beyond `after` that nobody owns."""
    return session.scalars(
        select(Ticket.id)
        .where(IS_OPEN, Ticket.owner_id.is_(None), Ticket.id > after)
        .order_by(Ticket.id)
        .limit(limit)
    ).all()


def tell_staff(session: Session, count: int, now: datetime) -> bool:
    """Tells staff once a day that so many matters wait for a post to be filled.

    Whom such a matter accuses may be among them, so that nothing but the number is told.
    """
    root = root_area_id(session)
    if root is None or not count or _is_told(session, root, now):
        return False
    staff = holding(session, STAFF, now)
    events.record(
        session,
        Fact(
            verb=VERB,
            subject_kind="area",
            subject_id=root,
            at=now,
            capacity="clock",
            area_id=root,
            detail={"count": count},
            parties={"staff": staff},
            context={"count": count},
            expires_at=localtime.end_of_day(now),
        ),
    )
    return True


def _is_told(session: Session, area_id: int, now: datetime) -> bool:
    told = select(Event.id).where(
        Event.subject_kind == "area",
        Event.subject_id == area_id,
        Event.verb == VERB,
        Event.at >= localtime.start_of_day(now),
    )
    return session.scalar(told.limit(1)) is not None
