"""Photos that people send: wanted from the platform, then kept under a hash of their content."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    UniqueConstraint,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.errors import NotFound, PhotoGone, TooManyAttempts

# The platform forgets a medium after three days.
MEDIA_LIFE = timedelta(days=3)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=2)
# In place of an account: what came with a form of ours.
FORM = "form"
UNSENT_LIFE = timedelta(days=1)
MOST_UNSENT = 60  # of one person within that time: a form takes nine
# By its word: no partial index is used for a value that comes as a parameter.
IS_WANTED = text("media.state = 'wanted'")


class MediaState(StrEnum):
    WANTED = "wanted"
    KEPT = "kept"
    FAILED = "failed"


class Media(Base):
    """照片 — one photo of one message. The same picture sent twice is two rows and one file."""

    __tablename__ = "media"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    media_id: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(index=True)
    state: Mapped[MediaState] = mapped_column(server_default=MediaState.WANTED)
    attempts: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[datetime]
    reason: Mapped[str | None]  # why the last attempt did not succeed
    sha256: Mapped[str | None] = mapped_column(index=True)
    kind: Mapped[str | None]
    size: Mapped[int | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    created_at: Mapped[datetime]
    kept_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("account", "media_id"),
        CheckConstraint("state <> 'kept' OR sha256 IS NOT NULL", name="kept_has_content"),
        Index(
            "ix_media_wanted",
            "due_at",
            sqlite_where=text("state = 'wanted'"),
            postgresql_where=text("state = 'wanted'"),
        ),
    )


def want_photo(
    session: Session,
    account: str,
    media_id: str,
    ticket_id: int | None,
    person_id: int | None,
    now: datetime,
) -> int:
    """Asks for a photo; a second time for the same one only tells its ticket."""
    put = insert(Media).values(
        account=account,
        media_id=media_id,
        ticket_id=ticket_id,
        person_id=person_id,
        due_at=now,
        created_at=now,
    )
    told = func.coalesce(put.excluded.ticket_id, Media.ticket_id)
    photo_id: int = session.execute(
        put.on_conflict_do_update(
            index_elements=["account", "media_id"], set_={"ticket_id": told}
        ).returning(Media.id)
    ).scalar_one()
    return photo_id


def attach(session: Session, photo_id: int, ticket_id: int) -> None:
    """The matter a photo belongs to became known later."""
    _set(session, photo_id, ticket_id=ticket_id)


def photos_of(session: Session, *ticket_ids: int) -> Sequence[Media]:
    """What can be looked at, in the order it was sent."""
    return session.scalars(
        select(Media)
        .where(Media.ticket_id.in_(ticket_ids), Media.state == MediaState.KEPT)
        .order_by(Media.id)
    ).all()


def claim_wanted(session: Session, now: datetime, limit: int, lease: timedelta) -> Sequence[Media]:
    """Photos to fetch now. A fetch that dies is due again when its lease ends: fetching twice
    does no harm."""
    due = (
        select(Media.id)
        .where(IS_WANTED, Media.due_at <= now)
        .order_by(Media.due_at, Media.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return session.scalars(
        update(Media)
        .where(Media.id.in_(select(due.c.id)))
        .values(attempts=Media.attempts + 1, due_at=now + lease)
        .returning(Media)
        .execution_options(synchronize_session=False)
    ).all()


def keep(
    session: Session,
    photo_id: int,
    *,
    sha256: str,
    kind: str,
    size: int,
    width: int,
    height: int,
    now: datetime,
) -> None:
    _set(
        session,
        photo_id,
        state=MediaState.KEPT,
        sha256=sha256,
        kind=kind,
        size=size,
        width=width,
        height=height,
        kept_at=now,
        reason=None,
    )


def bring(
    session: Session, *, sha256: str, size: int, width: int, height: int, now: datetime
) -> int:
    """A photo that staff put on a page of the house: nobody's own, so that erasing one of them
    leaves the page whole."""
    return _kept(
        session, "console", None, now, sha256=sha256, size=size, width=width, height=height
    ).id


def upload(
    session: Session,
    person_id: int,
    *,
    sha256: str,
    size: int,
    width: int,
    height: int,
    now: datetime,
) -> str:
    """A photo for a form that its owner still fills in; what they once brought for others that
    they never sent is cleared away. Returns what the form names it by."""
    session.execute(
        delete(Media)
        .where(
            Media.person_id == person_id,
            Media.account == FORM,
            Media.ticket_id.is_(None),
            Media.created_at <= now - UNSENT_LIFE,
        )
        .execution_options(synchronize_session=False)
    )
    shape = {"sha256": sha256, "size": size, "width": width, "height": height}
    return _kept(session, FORM, person_id, now, **shape).media_id


def require_room(session: Session, person_id: int, now: datetime) -> None:
    """Raises TooManyAttempts: before a file is written that may never be part of anything."""
    unsent = select(func.count(Media.id)).where(
        Media.person_id == person_id,
        Media.account == FORM,
        Media.ticket_id.is_(None),
        Media.created_at > now - UNSENT_LIFE,
    )
    if (session.scalar(unsent) or 0) >= MOST_UNSENT:
        raise TooManyAttempts


def hand_in(session: Session, person_id: int, names: Sequence[str], ticket_id: int) -> None:
    """The form was sent. Raises PhotoGone for a photo of somebody else's, or of another form."""
    handed = session.scalars(
        update(Media)
        .where(
            Media.account == FORM,
            Media.media_id.in_(names),
            Media.person_id == person_id,
            Media.ticket_id.is_(None),
        )
        .values(ticket_id=ticket_id)
        .returning(Media.media_id)
        .execution_options(synchronize_session=False)
    ).all()
    if set(handed) != set(names):
        raise PhotoGone


def own_photo(session: Session, person_id: int, name: str) -> str:
    """The hash of a photo they brought. NotFound for another's, and for none."""
    found = session.scalars(
        select(Media.sha256).where(
            Media.account == FORM, Media.media_id == name, Media.person_id == person_id
        )
    ).first()
    if found is None:
        raise NotFound(number="")
    return found


def _kept(
    session: Session, account: str, person_id: int | None, now: datetime, **shape: Any
) -> Media:
    made = Media(
        account=account,
        media_id=secrets.token_hex(16),
        person_id=person_id,
        state=MediaState.KEPT,
        due_at=now,
        kind="image/jpeg",
        created_at=now,
        kept_at=now,
        **shape,
    )
    session.add(made)
    session.flush()
    return made


def fail(session: Session, photo_id: int, reason: str) -> None:
    _set(session, photo_id, state=MediaState.FAILED, reason=reason)


def try_later(session: Session, photo: Media, reason: str, now: datetime) -> None:
    """Again with a doubled wait, as long as the platform remembers the photo."""
    wait = min(FIRST_WAIT * 2 ** min(photo.attempts - 1, 16), LONGEST_WAIT)
    if now + wait >= photo.created_at + MEDIA_LIFE:
        fail(session, photo.id, f"the platform has forgotten it; before: {reason}")
    else:
        _set(session, photo.id, due_at=now + wait, reason=reason)


def forget(session: Session, person_id: int) -> None:
    """The rows of a person's photos go; the files no row names any more are swept."""
    session.execute(delete(Media).where(Media.person_id == person_id))


def named_files(session: Session) -> set[str]:
    """Hashes of every photo that is still kept."""
    return set(session.scalars(select(Media.sha256).where(Media.sha256.is_not(None)).distinct()))


def path_of(sha256: str) -> str:
    """Where a photo lies under the media folder."""
    return f"{sha256[:2]}/{sha256[2:]}.jpg"


def thumbnail_path_of(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:]}.small.jpg"


def _set(session: Session, photo_id: int, **values: object) -> None:
    session.execute(
        update(Media)
        .where(Media.id == photo_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
