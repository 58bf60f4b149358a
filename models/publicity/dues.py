"""What staff do with what is due: begin its draft, or say that it is not needed."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from models.errors import AlreadyDone, NotAllowed
from models.notices import actions, rights
from models.notices.flow import AUTHORS
from models.notices.table import Notice, NoticeState
from models.places import Area, AreaWithin
from models.publicity.calendar import entries
from models.publicity.meeting import record
from models.publicity.table import PublicityDue


def proposed_text(session: Session, due: PublicityDue) -> tuple[str, str]:
    """Title and text that the draft begins with."""
    entry = entries()[due.entry]
    filled = {"area": session.get_one(Area, due.area_id).name, "period": due.label}
    return entry.title.format(**filled), entry.body.strip().format(**filled)


def begin(session: Session, due: PublicityDue, *, by: int, at: datetime) -> Notice:
    """A draft from what the calendar proposes; it meets the due once it is published."""
    if not due.is_open:
        raise AlreadyDone(number=due.number)
    if (begun := begun_notice(session, due)) is not None:
        return begun
    title, body = proposed_text(session, due)
    notice = actions.draft(
        session, kind=due.kind, title=title, body=body, area_id=due.area_id, by=by, at=at
    )
    due.notice_id = notice.id
    record(session, due, "publicity_begun", by, at)
    return notice


def begun_notice(session: Session, due: PublicityDue) -> Notice | None:
    """The draft that somebody began for it, unless it was withdrawn."""
    notice = session.get(Notice, due.notice_id) if due.notice_id else None
    return None if notice is None or notice.state == NoticeState.WITHDRAWN else notice


def begun_notices(session: Session, dues: Sequence[PublicityDue]) -> dict[int, Notice]:
    """The same of many: due → notice."""
    found = session.scalars(
        select(Notice).where(
            Notice.id.in_([due.notice_id for due in dues if due.notice_id]),
            Notice.state != NoticeState.WITHDRAWN,
        )
    )
    notices = {one.id: one for one in found}
    return {due.id: notices[due.notice_id] for due in dues if due.notice_id in notices}


def drop(session: Session, due: PublicityDue, *, by: int, at: datetime) -> None:
    """这次不用: the calendar asks for it no more. What is mandatory can not be dropped."""
    if not may_drop(session, due, by=by, at=at):
        raise NotAllowed(number=due.number)
    due.dropped_at, due.dropped_by = at, by
    record(session, due, "publicity_dropped", by, at)


def may_begin(session: Session, due: PublicityDue, *, by: int, at: datetime) -> bool:
    return due.is_open and rights.serves(session, due.area_id, by, AUTHORS, at, due.kind)


def may_drop(session: Session, due: PublicityDue, *, by: int, at: datetime) -> bool:
    return not due.is_mandatory and may_begin(session, due, by=by, at=at)


def open_within(
    session: Session, places: Collection[int], limit: int, *more: ColumnElement[bool]
) -> Sequence[tuple[PublicityDue, str]]:
    """What is open of these areas and what lies in them, the earliest due first, with its area."""
    rows = session.execute(
        select(PublicityDue, Area.name)
        .join(Area, Area.id == PublicityDue.area_id)
        .where(_is_open_within(places), *more)
        .order_by(PublicityDue.due_on, PublicityDue.id)
        .limit(limit)
    )
    return [(due, area) for due, area in rows]


def count_late(session: Session, places: Collection[int], today: date) -> int:
    """Mandatory ones that are late, of these areas and what lies in them."""
    found = select(func.count()).where(_is_open_within(places), is_late(today))
    return session.scalar(found) or 0


def is_late(today: date) -> ColumnElement[bool]:
    return PublicityDue.is_mandatory.is_(True) & (PublicityDue.due_on < today)


def _is_open_within(places: Collection[int]) -> ColumnElement[bool]:
    inside = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(places))
    return (
        PublicityDue.met_at.is_(None)
        & PublicityDue.dropped_at.is_(None)
        & PublicityDue.area_id.in_(inside)
        & PublicityDue.entry.in_(entries())
    )
