"""Posts that nobody holds, and tickets that nobody owns for it: staff are told, and not daily."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import events, localtime, on_duty
from models.events import Event, Fact
from models.on_duty import Holder
from models.places import Area, root_area_id
from models.posts import Role, holding
from models.tickets.table import IS_OPEN, Ticket

VERB, GAP = "tickets_without_owner", "post_gap_found"
STAFF = (Role.ADMIN, Role.DUTY_DESK, Role.SUBDISTRICT_STAFF, Role.COMMUNITY_STAFF)


def without_owner(session: Session, after: int, limit: int) -> Sequence[int]:
    """Ids, in their order, of the open tickets beyond `after` that nobody owns."""
    return session.scalars(
        select(Ticket.id)
        .where(IS_OPEN, Ticket.owner_id.is_(None), Ticket.id > after)
        .order_by(Ticket.id)
        .limit(limit)
    ).all()


def tell(
    session: Session,
    area_id: int | None,
    gap: Sequence[str],
    free: Sequence[Holder],
    context: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Tells community staff once that nobody holds these posts here, by the matter that showed it.

    Again only when other posts are missing, or the same once somebody had them meanwhile. `free`
    are those of the place whom the matter does not accuse.
    """
    area = session.get(Area, area_id) if area_id is not None else None
    staff = [one.person_id for one in free if one.role == Role.COMMUNITY_STAFF]
    if area is None or not staff or _is_known(session, area, gap, now):
        return False
    events.record(
        session,
        Fact(
            verb=GAP,
            subject_kind="area",
            subject_id=_missed_in(area, gap),
            at=now,
            area_id=area.id,
            detail={"gap": list(gap)},
            parties={"staff": staff},
            context={**context, "gap": list(gap)},
        ),
    )
    return True


def _missed_in(area: Area, gap: Sequence[str]) -> int:
    """The area whose post it is: grid posts are of the grid, those of the company of the estate."""
    served = {Role.PROPERTY_STAFF: area.estate_id, Role.COMMUNITY_STAFF: area.community_id}
    found = (served.get(Role(role), area.grid_id) for role in gap)
    return next((one for one in found if one is not None), area.id)


def _is_known(session: Session, area: Area, gap: Sequence[str], now: datetime) -> bool:
    last = session.execute(
        select(Event.detail, Event.at)
        .where(
            Event.subject_kind == "area",
            Event.subject_id == _missed_in(area, gap),
            Event.verb == GAP,
        )
        .order_by(Event.id.desc())
        .limit(1)
    ).first()
    if last is None or last.detail["gap"] != list(gap):
        return False
    return not on_duty.is_served_since(session, area.id, gap, last.at, now)


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
