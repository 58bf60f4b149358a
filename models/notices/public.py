"""What anybody may read of notices, without an account: the list of an area, and its counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session, aliased

from models.notices.table import (
    OUT,
    Channel,
    Notice,
    NoticeAudience,
    Objection,
    audiences,
)
from models.places import Area, AreaWithin

PAGE = 20


@dataclass(frozen=True, slots=True)
class Counts:
    """异议数 — how many objected, and how many of them were answered."""

    objected: int
    answered: int


def listed(
    session: Session, area_id: int, before: int | None = None, limit: int = PAGE
) -> Sequence[tuple[Notice, str]]:
    """What is out for this area: its own, of what lies in it and of what lies around it, in the
    last version and for residents, the latest first, with the names of the areas."""
    inside = select(AreaWithin.area_id).where(AreaWithin.outer_id == area_id)
    around = select(AreaWithin.outer_id).where(AreaWithin.area_id == area_id)
    open_to_all = [name for name, row in audiences().items() if row.get("living")]
    meant = select(NoticeAudience.notice_id).where(NoticeAudience.audience.in_(open_to_all))
    newer = aliased(Notice)
    corrected = select(newer.corrects_id).where(
        newer.state.in_(OUT), newer.corrects_id.is_not(None)
    )
    found = (
        select(Notice, Area.name)
        .join(Area, Area.id == Notice.area_id)
        .where(
            Notice.state.in_(OUT),
            Notice.area_id.in_(inside.union(around)),
            Notice.id.in_(meant),
            Notice.id.not_in(corrected),
            cast(Notice.channels, String).contains(f'"{Channel.PAGE}"'),
        )
        .order_by(Notice.id.desc())
        .limit(limit)
    )
    if before is not None:
        found = found.where(Notice.id < before)
    return [(notice, area) for notice, area in session.execute(found)]


def counts(session: Session, notice: Notice) -> Counts:
    objected = select(func.count(), func.count(Objection.answered_at)).where(
        Objection.notice_id == notice.id
    )
    return Counts(*session.execute(objected).one())
