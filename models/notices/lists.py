"""Which notices a person sees, and which wait for the clock: queries, and the note of a reading."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from config.policy import load
from models.errors import NotFound
from models.homes import LIVING, Home
from models.notices.table import (
    EVERYBODY,
    OUT,
    Notice,
    NoticeAudience,
    NoticeRead,
    NoticeState,
    Objection,
    PersonTag,
    audiences,
)
from models.places import AreaWithin
from models.posts import Post, is_held


def latest_for(
    session: Session, person_id: int, now: datetime, limit: int = 9, *, before: int | None = None
) -> Sequence[Notice]:
    """What is out where this person lives or serves, the latest first and in its last version.

    `before` is the last one of the page before.
    """
    corrected = aliased(Notice)
    found = select(Notice).where(
        Notice.state == NoticeState.PUBLISHED,
        _concerns(session, person_id, now),
        ~exists(
            select(corrected.id).where(corrected.corrects_id == Notice.id, corrected.state.in_(OUT))
        ),
    )
    if before is not None:
        last = session.get(Notice, before)
        if last is None:
            raise NotFound(number=str(before))
        found = found.where(
            tuple_(Notice.published_at, Notice.id) < tuple_(last.published_at, last.id)
        )
    return session.scalars(
        found.order_by(Notice.published_at.desc(), Notice.id.desc()).limit(limit)
    ).all()


def open_to_objections(session: Session, person_id: int, now: datetime) -> list[Notice]:
    """Those of the latest that still take objections."""
    return [one for one in latest_for(session, person_id, now) if one.takes_objections(now)]


def seen(session: Session, notice_id: int, person_id: int, now: datetime) -> Notice | None:
    """The notice with this number in its last version, if it is out and concerns this person."""
    notice = session.scalars(
        select(Notice).where(
            Notice.id == notice_id,
            Notice.state.in_(OUT),
            _concerns(session, person_id, now),
        )
    ).first()
    while notice is not None and is_corrected(session, notice):
        notice = correction_of(session, notice)
    return notice


def correction_of(session: Session, notice: Notice) -> Notice | None:
    """The version after this one, out or on its way."""
    return session.scalars(
        select(Notice).where(Notice.corrects_id == notice.id, Notice.state != NoticeState.WITHDRAWN)
    ).first()


def is_corrected(session: Session, notice: Notice) -> bool:
    """Whether another version counts by now."""
    newer = correction_of(session, notice)
    return newer is not None and newer.state in OUT


def has_read(session: Session, notice: Notice, person_id: int, at: datetime) -> None:
    """Counted once a person."""
    session.execute(
        insert(NoticeRead)
        .values(notice_id=notice.id, person_id=person_id, at=at)
        .on_conflict_do_nothing(index_elements=["notice_id", "person_id"])
    )


def read_counts(session: Session, notice_ids: Sequence[int]) -> dict[int, int]:
    """How many persons opened each."""
    rows = session.execute(
        select(NoticeRead.notice_id, func.count())
        .where(NoticeRead.notice_id.in_(notice_ids))
        .group_by(NoticeRead.notice_id)
    )
    return dict.fromkeys(notice_ids, 0) | dict(rows.all())


def audiences_of(session: Session, notice: Notice) -> Sequence[str]:
    """For whom it is meant."""
    found = select(NoticeAudience.audience).where(NoticeAudience.notice_id == notice.id)
    return session.scalars(found.order_by(NoticeAudience.audience)).all()


def within(session: Session, area_id: int, limit: int = 50) -> Sequence[Notice]:
    """Every notice of the area and of what lies in it, the latest first: for staff."""
    inner = select(AreaWithin.area_id).where(AreaWithin.outer_id == area_id)
    return session.scalars(
        select(Notice).where(Notice.area_id.in_(inner)).order_by(Notice.id.desc()).limit(limit)
    ).all()


def due(session: Session, now: datetime) -> Sequence[int]:
    """Ids of what the clock has to publish."""
    return session.scalars(
        select(Notice.id)
        .where(Notice.state == NoticeState.SCHEDULED, Notice.publish_at <= now)
        .order_by(Notice.publish_at, Notice.id)
    ).all()


def over(session: Session, now: datetime, kept_from: datetime) -> Sequence[int]:
    """Ids of what may be archived: the period is over and each objection answered; without a
    period, out since before `kept_from`."""
    is_over = or_(
        Notice.window_ends_at <= now,
        Notice.window_ends_at.is_(None) & (Notice.published_at < kept_from),
    )
    return session.scalars(
        select(Notice.id)
        .where(Notice.state == NoticeState.PUBLISHED, is_over, ~_is_unanswered())
        .order_by(Notice.id)
    ).all()


def has_unanswered(session: Session, notice: Notice) -> bool:
    found = select(Objection.id).where(
        Objection.notice_id == notice.id, Objection.answered_at.is_(None)
    )
    return session.scalar(found.limit(1)) is not None


def _is_unanswered() -> ColumnElement[bool]:
    return exists(
        select(Objection.id).where(
            Objection.notice_id == Notice.id, Objection.answered_at.is_(None)
        )
    )


def _concerns(session: Session, person_id: int, now: datetime) -> ColumnElement[bool]:
    """Where they live and all around it; where they serve, around it and all that lies in it.

    Of what is there only that which is meant for them.
    """
    home = select(Home.area_id).where(Home.person_id == person_id, Home.state.in_(LIVING))
    served = serving_areas(person_id, now)
    around = select(AreaWithin.outer_id).where(
        or_(AreaWithin.area_id.in_(home), AreaWithin.area_id.in_(served))
    )
    inside = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(served))
    meant = exists().where(
        NoticeAudience.notice_id == Notice.id,
        NoticeAudience.audience.in_(_belongs_to(session, person_id, now)),
    )
    return and_(or_(Notice.area_id.in_(around), Notice.area_id.in_(inside)), meant)


def _belongs_to(session: Session, person_id: int, now: datetime) -> list[str]:
    """The audiences this person is part of; whoever may write notices reads them all."""
    held = set(
        session.scalars(select(Post.role).where(Post.person_id == person_id, is_held(now))).all()
    )
    if held & set(load("notices")["posts"]["authors"]):
        return list(audiences())
    borne = set(session.scalars(select(PersonTag.tag).where(PersonTag.person_id == person_id)))
    is_resident = session.scalar(
        select(Home.id).where(Home.person_id == person_id, Home.state.in_(LIVING)).limit(1)
    )
    return [
        name
        for name, row in audiences().items()
        if name == EVERYBODY
        or (row.get("living") and is_resident)
        or held & set(row.get("roles", ()))
        or borne & set(row.get("tags", ()))
    ]


def serving_areas(person_id: int, now: datetime) -> Select[Any]:
    """Selects the areas in which this person holds a post now."""
    return select(Post.area_id).where(
        Post.person_id == person_id,
        is_held(now),
    )
