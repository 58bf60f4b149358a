"""Who is signed in to the console, in which browser, and until when."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, and_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.posts import PAID, Post, Role, is_held

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)  # a working day: at eight everybody signs in anew
SEEN_EVERY = timedelta(minutes=1)  # not a write for each click

# Who has work to do at a desk. Neighbours do all of theirs in chat.
MAY_SIGN_IN = PAID | {Role.COMMITTEE_MEMBER, Role.ADMIN}
NEEDS_SECOND_FACTOR = frozenset({Role.ADMIN})


class Way(StrEnum):
    """登录方式 — how somebody showed who they are."""

    PASSWORD = "password"
    SCAN = "scan"


class SignIn(Base):
    """登录 — one browser in which a member of staff is signed in."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)  # the token itself is in the cookie alone
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    way: Mapped[Way]
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]  # by the second factor
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_sign_ins_open",
            "person_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def begin(session: Session, person_id: int, way: Way, now: datetime) -> str:
    """The token for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(token_hash=digest(token), person_id=person_id, way=way, began_at=now, seen_at=now)
    )
    session.flush()
    return token


def current(session: Session, token: str, now: datetime) -> SignIn | None:
    return session.scalars(select(SignIn).where(is_current(token, now))).first()


def is_current(token: str, now: datetime) -> ColumnElement[bool]:
    """The sign-in of this cookie, if it has neither ended nor run out."""
    return and_(
        SignIn.token_hash == digest(token),
        SignIn.ended_at.is_(None),
        SignIn.seen_at > now - IDLE,
        SignIn.began_at > now - LONGEST,
    )


def see(session: Session, sign_in_id: int, now: datetime) -> None:
    session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in_id)
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )


def confirm(session: Session, sign_in_id: int, now: datetime) -> None:
    session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in_id)
        .values(confirmed_at=now)
        .execution_options(synchronize_session=False)
    )


def end(session: Session, sign_in_id: int, now: datetime) -> None:
    _end(session, SignIn.id == sign_in_id, now)


def end_all(session: Session, person_id: int, now: datetime) -> None:
    """In every browser: a new password, a person who goes."""
    _end(session, SignIn.person_id == person_id, now)


def _end(session: Session, which: object, now: datetime) -> None:
    session.execute(
        update(SignIn)
        .where(which, SignIn.ended_at.is_(None))  # type: ignore[arg-type]
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def posts_for_console(session: Session, person_id: int, now: datetime) -> Sequence[Post]:
    """The posts with which this person may sign in; none means they may not."""
    return session.scalars(
        select(Post)
        .where(Post.person_id == person_id, Post.role.in_(MAY_SIGN_IN), is_held(now))
        .order_by(Post.id)
    ).all()
