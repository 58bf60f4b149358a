"""Who has come in by the mini-program or the resident's pages, and until when."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.people import Identity, all_they_were


class Door(StrEnum):
    """入口 — by which door somebody came in."""

    API = "api"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Life:
    """有效期 — how long a session opens doors, and how long it can be renewed."""

    access: timedelta
    refresh: timedelta


MONTH = timedelta(days=30)
LIVES = {
    Door.API: Life(timedelta(hours=2), MONTH),
    Door.PAGE: Life(timedelta(days=7), MONTH),
}
# An answer may be lost on the way to a phone, which then asks again with what it still has.
GRACE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Tokens:
    """令牌 — what the phone keeps; here only their hashes stay."""

    access: str
    refresh: str
    access_until: datetime
    refresh_until: datetime


class ResidentSession(Base):
    """居民登录 — one phone in which a resident is signed in."""

    __tablename__ = "resident_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identities.id"), index=True)
    door: Mapped[Door]
    access_hash: Mapped[str] = mapped_column(unique=True)
    refresh_hash: Mapped[str] = mapped_column(unique=True)
    former_hash: Mapped[str | None] = mapped_column(unique=True)  # of the refresh token before
    access_until: Mapped[datetime]
    refresh_until: Mapped[datetime]
    opened_at: Mapped[datetime]
    renewed_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


def open_session(session: Session, identity_id: int, door: Door, at: datetime) -> Tokens:
    """The tokens for the phone."""
    row = ResidentSession(identity_id=identity_id, door=door, opened_at=at)
    tokens = _issued(row, at)
    session.add(row)
    session.flush()
    return tokens


def holder_of(session: Session, access_token: str, at: datetime) -> Identity | None:
    """Whose token this is, while it opens doors."""
    return session.scalars(
        select(Identity)
        .join(ResidentSession, ResidentSession.identity_id == Identity.id)
        .where(
            ResidentSession.access_hash == _hash(access_token),
            ResidentSession.access_until > at,
            ResidentSession.revoked_at.is_(None),
        )
    ).first()


def renew(session: Session, refresh_token: str, at: datetime) -> Tokens | None:
    """Other tokens in place of these; None for a token that renews nothing any more.

    One that was used before ends the session: somebody else has it too.
    """
    given = _hash(refresh_token)
    row = session.scalars(
        select(ResidentSession)
        .where(
            (ResidentSession.refresh_hash == given) | (ResidentSession.former_hash == given),
            ResidentSession.refresh_until > at,
            ResidentSession.revoked_at.is_(None),
        )
        .with_for_update()
    ).first()
    if row is None:
        return None
    if row.former_hash == given and (row.renewed_at is None or at > row.renewed_at + GRACE):
        row.revoked_at = at
        return None
    if row.former_hash != given:
        row.former_hash, row.renewed_at = given, at
    tokens = _issued(row, at)
    session.flush()
    return tokens


def revoke(session: Session, access_token: str, at: datetime) -> None:
    """Signed out on this phone."""
    _revoke(session, ResidentSession.access_hash == _hash(access_token), at)


def revoke_all(session: Session, person_id: int, at: datetime) -> None:
    """On every phone: a person who goes."""
    theirs = select(Identity.id).where(Identity.person_id.in_(all_they_were(person_id)))
    _revoke(session, ResidentSession.identity_id.in_(theirs), at)


def _revoke(session: Session, which: ColumnElement[bool], at: datetime) -> None:
    session.execute(
        update(ResidentSession)
        .where(which, ResidentSession.revoked_at.is_(None))
        .values(revoked_at=at)
        .execution_options(synchronize_session=False)
    )


def _issued(row: ResidentSession, at: datetime) -> Tokens:
    life = LIVES[row.door]
    tokens = Tokens(
        access=secrets.token_urlsafe(32),
        refresh=secrets.token_urlsafe(32),
        access_until=at + life.access,
        refresh_until=at + life.refresh,
    )
    row.access_hash, row.refresh_hash = _hash(tokens.access), _hash(tokens.refresh)
    row.access_until, row.refresh_until = tokens.access_until, tokens.refresh_until
    return tokens


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
