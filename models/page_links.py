"""Ways into the resident's pages that the chat gives: for a short time, each once."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, delete, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.people import Identity, all_they_were
from models.sign_ins import digest

LIFE = timedelta(minutes=10)


class PageLink(Base):
    """网页入口 — one address that lets one WeChat identity in; used, its row is gone."""

    __tablename__ = "page_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identities.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    until: Mapped[datetime] = mapped_column(index=True)


def open_link(session: Session, identity_id: int, at: datetime) -> str:
    """The token of a fresh address; the earlier ones of this identity lead nowhere any more."""
    _remove(session, or_(PageLink.identity_id == identity_id, PageLink.until <= at))
    token = secrets.token_urlsafe(24)
    link = PageLink(identity_id=identity_id, token_hash=digest(token), until=at + LIFE)
    session.add(link)
    session.flush()
    return token


def is_open(session: Session, token: str, at: datetime) -> bool:
    found = select(PageLink.id).where(PageLink.token_hash == digest(token), PageLink.until > at)
    return session.scalar(found) is not None


def take(session: Session, token: str, at: datetime) -> int | None:
    """Whom it lets in, for whoever comes first with it."""
    return session.scalar(
        delete(PageLink)
        .where(PageLink.token_hash == digest(token), PageLink.until > at)
        .returning(PageLink.identity_id)
        .execution_options(synchronize_session=False)
    )


def forget(session: Session, person_id: int) -> None:
    """Somebody who is erased comes in by none."""
    identities = select(Identity.id).where(Identity.person_id.in_(all_they_were(person_id)))
    _remove(session, PageLink.identity_id.in_(identities))


def _remove(session: Session, which: ColumnElement[bool]) -> None:
    session.execute(delete(PageLink).where(which).execution_options(synchronize_session=False))
