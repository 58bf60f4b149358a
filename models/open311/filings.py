"""报送: what outside systems filed by Open311, each once however often their client asks."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.policy import load
from models.base import Base
from models.open311.public import POLICY
from models.outside_systems import OutsideSystem
from models.sealing import KEYRING


class Filing(Base):
    """报送 — one request of an outside system, and the ticket it became."""

    __tablename__ = "open311_filings"

    id: Mapped[int] = mapped_column(primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("outside_systems.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    fingerprint: Mapped[str]  # keyed: it tells nothing of what was said
    token: Mapped[str] = mapped_column(unique=True)
    filed_at: Mapped[datetime]

    __table_args__ = (Index("ix_open311_filings_repeated", "system_id", "fingerprint"),)


def fingerprint(form: str) -> str:
    return KEYRING.search_hash(form)


def lock(session: Session, system_id: int) -> OutsideSystem:
    """Of two equal requests at once, the second waits and finds what the first became."""
    return session.get_one(OutsideSystem, system_id, with_for_update=True)


def repeated(session: Session, system_id: int, mark: str, at: datetime) -> Filing | None:
    """The same of the same system, filed a moment ago: its client heard no answer."""
    since = at - timedelta(hours=load(POLICY)["repeated"]["hours"])
    return session.scalars(
        select(Filing).where(
            Filing.system_id == system_id, Filing.fingerprint == mark, Filing.filed_at > since
        )
    ).first()


def keep(session: Session, system_id: int, ticket_id: int, mark: str, at: datetime) -> Filing:
    filing = Filing(
        system_id=system_id,
        ticket_id=ticket_id,
        fingerprint=mark,
        token=secrets.token_urlsafe(16),
        filed_at=at,
    )
    session.add(filing)
    session.flush()
    return filing


def with_token(session: Session, token: str) -> Filing | None:
    return session.scalars(select(Filing).where(Filing.token == token)).first()
