"""Messages received: each is worked on once, and its reply is kept for repeats."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    JSON,
    CheckConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.insertion import Insertion
from models.statements import Statement


class Outcome(StrEnum):
    """How far the work on a message has come."""

    PENDING = "pending"  # only ever seen committed when the work has failed
    ANSWERED = "answered"
    LIMITED = "limited"  # its sender was too fast
    FAILED = "failed"  # the work failed on every delivery; a person was asked to take over


class InboxMessage(Base):
    """来信登记 — one message of the platform, however often it was delivered."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("account", "openid", "message_key"),
        CheckConstraint("outcome IN ('pending', 'answered', 'limited', 'failed')", name="outcome"),
        CheckConstraint("deliveries > 0", name="deliveries"),
        Index(
            "ix_inbox_unworked",
            "received_at",
            sqlite_where=text("outcome <> 'answered'"),
            postgresql_where=text("outcome <> 'answered'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    openid: Mapped[str] = mapped_column(String(64))
    message_key: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(20))
    received_at: Mapped[datetime]
    outcome: Mapped[Outcome] = mapped_column(String(10), server_default=Outcome.PENDING)
    deliveries: Mapped[int] = mapped_column(server_default="1")
    reply: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None]
    is_deferred: Mapped[bool] = mapped_column(server_default=text("false"))
    # What was said, where nothing else holds it: the work was limited or failed.
    kept: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class Received(Struct, frozen=True, gc=False):
    """收讫 — a message's row as this delivery finds it."""

    id: int
    deliveries: int
    outcome: Outcome
    reply: str | None
    is_deferred: bool
    received_at: datetime

    @property
    def is_repeat(self) -> bool:
        """The work is done; its reply stands."""
        return self.outcome is not Outcome.PENDING


_columns = InboxMessage.__table__.c

_KEY = ("account", "openid", "message_key")
_NEW = (*_KEY, "kind", "received_at")
# A delivery that meets its twin at work waits on the unique key (PostgreSQL) or on the writer's
# turn (SQLite), and then reads what the twin committed.
_put = Insertion(InboxMessage.__table__, _NEW, unique=_KEY)
_repeat = Statement(
    insert(InboxMessage)
    .values({name: bindparam(name, type_=_columns[name].type) for name in _NEW})
    .on_conflict_do_update(index_elements=_KEY, set_={"deliveries": _columns.deliveries + 1})
    .returning(
        _columns.id,
        _columns.deliveries,
        _columns.outcome,
        _columns.reply,
        _columns.is_deferred,
        _columns.received_at,
    )
)
_finish = Statement(
    update(InboxMessage)
    .where(_columns.id == bindparam("inbox_id"))
    .values(
        outcome=bindparam("new_outcome"),
        reply=bindparam("new_reply"),
        answered_at=bindparam("at", type_=UtcDateTime()),
        kept=bindparam("new_kept", type_=JSON(none_as_null=True)),
    )
)
_keep = Statement(
    update(InboxMessage)
    .where(_columns.id == bindparam("inbox_id"))
    .values(kept=bindparam("new_kept", type_=JSON(none_as_null=True)))
)
_defer = Statement(
    update(InboxMessage)
    .where(
        _columns.id == bindparam("inbox_id"),
        _columns.deliveries == bindparam("delivery"),
        _columns.is_deferred.is_(False),
    )
    .values(is_deferred=True)
    .returning(_columns.id)
)


def receive(
    session: Session, *, account: str, openid: str, key: str, kind: str, now: datetime
) -> Received:
    """Registers one delivery; the caller does the work unless it `is_repeat`."""
    new = {
        "account": account,
        "openid": openid,
        "message_key": key,
        "kind": kind,
        "received_at": now,
    }
    ids = _put.run(session, [new])
    if ids:
        return Received(ids[0], 1, Outcome.PENDING, None, False, now)
    row = _repeat.first(session, **new)
    assert row is not None
    inbox_id, deliveries, outcome, reply, is_deferred, received_at = row
    return Received(inbox_id, deliveries, Outcome(outcome), reply, bool(is_deferred), received_at)


def keep_reply(session: Session, inbox_id: int, reply: str | None, now: datetime) -> None:
    """The work is done; every repeat gets this reply, and none means there is nothing to say."""
    _end(session, inbox_id, Outcome.ANSWERED, reply, now, None)


def limit(session: Session, inbox_id: int, kept: dict[str, Any], now: datetime) -> None:
    """The sender was too fast: what was said is kept, nothing is done about it."""
    _end(session, inbox_id, Outcome.LIMITED, None, now, kept)


def give_up(
    session: Session, inbox_id: int, reply: str, kept: dict[str, Any], now: datetime
) -> None:
    """The work failed on every delivery: the person is told so, what was said is kept."""
    _end(session, inbox_id, Outcome.FAILED, reply, now, kept)


def keep_unworked(session: Session, inbox_id: int, kept: dict[str, Any]) -> None:
    """The work failed; what was said is kept until a further delivery succeeds."""
    _keep.run(session, inbox_id=inbox_id, new_kept=kept)


def defer(session: Session, received: Received) -> bool:
    """Says that the reply goes out apart from the answer; true for the one who must send it.

    False when it has been said before, or when a later delivery has taken the reply.
    """
    row = _defer.first(session, inbox_id=received.id, delivery=received.deliveries)
    return row is not None


def _end(
    session: Session,
    inbox_id: int,
    outcome: Outcome,
    reply: str | None,
    now: datetime,
    kept: dict[str, Any] | None,
) -> None:
    _finish.run(
        session, inbox_id=inbox_id, new_outcome=outcome, new_reply=reply, at=now, new_kept=kept
    )
