"""The message ledger: every message that is to leave, and what became of it."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, bindparam, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Statement


class Delivery(StrEnum):
    """发送状态 — where a message stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    CONFIRMED = "confirmed"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"
    EXPIRED = "expired"
    HELD = "held"
    CANCELLED = "cancelled"


class Quiet(StrEnum):
    """免打扰 — whether a message may wake somebody at night (22:00-08:00)."""

    RESPECT = "respect"
    IGNORE = "ignore"


class OutboxMessage(Base):
    """待发消息 — one message to one person: template and plain context, never rendered text."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    account: Mapped[str]
    template: Mapped[str]
    context: Mapped[dict[str, Any]]
    quiet: Mapped[Quiet] = mapped_column(server_default=Quiet.RESPECT)
    unique_key: Mapped[str] = mapped_column(unique=True)
    ticket_id: Mapped[int | None]
    event_id: Mapped[int | None]
    state: Mapped[Delivery] = mapped_column(server_default=Delivery.QUEUED)
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    channel: Mapped[str | None]
    errcode: Mapped[int | None]
    platform_id: Mapped[str | None]  # msgid the platform gave, for the result that comes later
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_outbox_due",
            "not_before",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
    )
