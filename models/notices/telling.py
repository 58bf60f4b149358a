"""What a step of a notice tells the log and people, and the facts that fill their words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import events
from models.events import Fact
from models.masking import masked
from models.notices.flow import NoticeTransition
from models.notices.table import Notice, NoticeState, kinds
from models.people import Person
from models.places import Area
from models.sealing import seal_for


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
    transition: NoticeTransition,
    old: NoticeState | None,
    by: int | None,
    at: datetime,
    parties: Mapping[str, Sequence[int]] | None = None,
    words: str = "",
) -> None:
    session.flush()
    author = session.get_one(Person, by) if by and words else None
    events.record(
        session,
        Fact(
            verb=transition.verb,
            subject_kind="notice",
            subject_id=notice.id,
            at=at,
            account=notice.account,
            actor_id=by,
            capacity=transition.by if by else None,
            old=old,
            new=notice.state,
            area_id=notice.area_id,
            detail={"kind": notice.kind, "version": notice.version},
            words=seal_for(author.own_key, words) if author else None,
            parties=parties or {},
            context={**facts(session, notice), "words": words} if parties else {},
        ),
    )
