"""What a published notice does for the calendar: it meets what was due."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import events
from models.events import Fact
from models.localtime import local
from models.notices.table import Notice
from models.places import AreaWithin
from models.publicity.table import PublicityDue


def meet(session: Session, notice: Notice, at: datetime) -> None:
    """What this notice was begun for; else the earliest due of its kind, of each area it is for."""
    for due in _begun_for(session, notice) or _earliest(session, notice, at):
        due.notice_id, due.met_at = notice.id, at
        record(session, due, "publicity_met", None, at)


def record(
    session: Session, due: PublicityDue, verb: str, by: int | None, at: datetime, **more: object
) -> None:
    session.flush()
    events.record(
        session,
        Fact(
            verb=verb,
            subject_kind="publicity",
            subject_id=due.id,
            at=at,
            actor_id=by,
            area_id=due.area_id,
            detail={"entry": due.entry, "period": due.period, "notice": due.notice_id},
            **more,  # type: ignore[arg-type]
        ),
    )


def _begun_for(session: Session, notice: Notice) -> list[PublicityDue]:
    """Also by the version that this one corrects, if that was never out."""
    found = select(PublicityDue).where(
        PublicityDue.notice_id == notice.id, PublicityDue.met_at.is_(None)
    )
    return list(session.scalars(found.where(PublicityDue.dropped_at.is_(None))))


def _earliest(session: Session, notice: Notice, at: datetime) -> list[PublicityDue]:
    if notice.corrects_id is not None:
        return []
    inside = select(AreaWithin.area_id).where(AreaWithin.outer_id == notice.area_id)
    found = session.scalars(
        select(PublicityDue)
        .where(
            PublicityDue.kind == notice.kind,
            PublicityDue.area_id.in_(inside),
            PublicityDue.met_at.is_(None),
            PublicityDue.dropped_at.is_(None),
            PublicityDue.opens_on <= local(at).date(),
        )
        .order_by(PublicityDue.due_on, PublicityDue.id)
    )
    earliest: dict[tuple[str, int], PublicityDue] = {}
    for due in found:
        earliest.setdefault((due.entry, due.area_id), due)
    return list(earliest.values())
