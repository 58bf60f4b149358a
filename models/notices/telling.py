"""What a step of a notice tells the log and people, and the facts that fill their words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from config.settings import public_link
from models import telling
from models.masking import masked
from models.moves import Taken
from models.notices.flow import Side
from models.notices.table import Notice, NoticeState, kinds
from models.places import Area
from models.telling import Said


def facts(session: Session, notice: Notice) -> dict[str, Any]:
    """What the words about a notice are filled with; what is personal in its title is masked."""
    ends_at = notice.window_ends_at
    return {
        "notice_id": notice.id,
        "kind_label": kinds()[notice.kind]["label"],
        "title": masked(notice.title),
        "area": session.get_one(Area, notice.area_id).name,
        "version": notice.version,
        "published": notice.published_at.isoformat() if notice.published_at else None,
        "window_ends": ends_at.isoformat() if ends_at else None,
    }


def record(
    session: Session,
    notice: Notice,
    taken: Taken[NoticeState, Side],
    by: int | None,
    at: datetime,
    parties: Mapping[str, Sequence[int]] | None = None,
    words: str | None = None,
) -> None:
    session.flush()
    said = Said(
        taken.move.verb,
        at,
        by,
        taken.side,
        taken.old,
        parties=parties or {},
        detail={"kind": notice.kind, "version": notice.version},
        context={"desk": public_link(f"/console/notices/{notice.id}")} if parties else {},
        words=words,
    )
    telling.tell(session, "notice", notice, said, facts(session, notice))
