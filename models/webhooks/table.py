"""Where outside systems want to be told, and the ledger of what each is told."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.sealing import Sealed


class WebhookState(StrEnum):
    """外发状态 — where one telling stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    WITHHELD = "withheld"  # by then it was hidden from them


class StopReason(StrEnum):
    """停发原因 — why an address gets nothing more."""

    FAILING = "failing"
    GONE = "gone"  # it said so itself


class WebhookEndpoint(Base):
    """外发地址 — where one outside system wants to be told, and the secret that signs it."""

    __tablename__ = "webhook_endpoints"

    system_id: Mapped[int] = mapped_column(ForeignKey("outside_systems.id"), primary_key=True)
    address: Mapped[str]
    secret: Mapped[str] = mapped_column(Sealed)
    former_secret: Mapped[str | None] = mapped_column(Sealed)
    former_until: Mapped[datetime | None]
    set_at: Mapped[datetime]
    failing_since: Mapped[datetime | None]  # the first failure after the last success
    failing_told_at: Mapped[datetime | None]  # when its keepers heard of that
    rests_until: Mapped[datetime | None]  # nobody answered there
    stopped_at: Mapped[datetime | None]
    stop_reason: Mapped[StopReason | None]

    __table_args__ = (
        CheckConstraint("(stopped_at IS NULL) = (stop_reason IS NULL)", name="stop_has_reason"),
    )


_OPEN_SQL = "state IN ('queued', 'sending')"
# Said in these very words, or the indexes of what is open do not serve.
IS_OPEN = text(f"webhooks.{_OPEN_SQL}")
IS_OPEN_BEFORE = text(f"before.{_OPEN_SQL}")
_IS_OPEN = text(_OPEN_SQL)
_TOLD_SQL = "state IN ('sent', 'failed')"
IS_TOLD = text(f"webhooks.{_TOLD_SQL}")
_IS_TOLD = text(_TOLD_SQL)


class Webhook(Base):
    """外发通知 — one event of a ticket for one system. What is said is read when it is sent."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("outside_systems.id"))
    event_id: Mapped[int]  # no key: old events move away
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    message_id: Mapped[str]  # the same for each try, so that the other side knows a repeat
    kind: Mapped[str]
    old: Mapped[str | None]
    new: Mapped[str | None]
    along: Mapped[dict[str, Any]]
    at: Mapped[datetime]  # when it happened
    state: Mapped[WebhookState] = mapped_column(server_default=WebhookState.QUEUED)
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default="0")
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    answer: Mapped[str | None]  # the last one: a status of HTTP, or why there was none
    sent_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("system_id", "event_id"),
        CheckConstraint("state <> 'sending' OR lease_token IS NOT NULL", name="sending_has_lease"),
        Index("ix_webhooks_open", "not_before", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
        Index(
            "ix_webhooks_in_order",
            *("system_id", "ticket_id", "event_id"),
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        # Whether a system has ever been told of a ticket.
        Index(
            "ix_webhooks_told",
            *("system_id", "ticket_id"),
            sqlite_where=_IS_TOLD,
            postgresql_where=_IS_TOLD,
        ),
    )
