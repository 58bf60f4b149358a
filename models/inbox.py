"""Messages received: each is worked on once, and its reply is kept for repeats."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    JSON,
    CheckConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import SEEN, Base, UtcDateTime
from models.insertion import Insertion
from models.statements import Statement

ERASED = "erased-"  # the names of those who are erased begin so
_IS_ERASED = f"substr(openid, 1, {len(ERASED)}) = '{ERASED}'"


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
        Index(
            "ix_inbox_erased",
            "message_key",
            sqlite_where=text(_IS_ERASED),
            postgresql_where=text(_IS_ERASED),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    openid: Mapped[str] = mapped_column(String(64))
    message_key: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(40))
    received_at: Mapped[datetime]
    outcome: Mapped[Outcome] = mapped_column(String(10), server_default=Outcome.PENDING)
    deliveries: Mapped[int] = mapped_column(server_default="1")
    reply: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None]
    is_deferred: Mapped[bool] = mapped_column(server_default=text("false"))
    # What was said, where nothing else holds it: the work was limited or failed.
    kept: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class Letter(Struct, frozen=True, gc=False):
    """来信 — what makes a message this one, and when this delivery of it came."""

    account: str
    openid: str
    key: str
    kind: str
    at: datetime


class Received(Struct, frozen=True, gc=False):
    """收讫 — a message as this delivery finds it; without `id` it had no row before."""

    id: int | None
    deliveries: int
    outcome: Outcome
    reply: str | None
    is_deferred: bool
    received_at: datetime

    @property
    def is_repeat(self) -> bool:
        """The work is done; its reply stands."""
        return self.outcome is not Outcome.PENDING


class Overtaken(Exception):
    """Another work was kept first, on the same message or for the same newcomer: undo this one,
    and receive again."""


class FromErased(Exception):
    """A repeat of a message whose sender is erased: they are nobody, and shall not be anew."""

    def __init__(self, received: Received) -> None:
        self.received = received


_columns = InboxMessage.__table__.c

_KEY = ("account", "openid", "message_key")
# With the end of the work, not before it: a row that is put first and finished later costs a
# second statement, and its way into and out of the index of what is unworked.
_put = Insertion(
    InboxMessage.__table__,
    (*_KEY, "kind", "received_at", "outcome", "reply", "answered_at", "kept"),
    unique=_KEY,
    taken=Overtaken,
)
_is_this = [_columns[name] == bindparam(f"the_{name}", required=True) for name in _KEY]
# Of two that come in one transaction the second is found to be a repeat as late as it is written.
_known = Statement(select(_columns.id).where(*_is_this), need_not_see={"inbox"})
# Asked for by its account SQLite would go through all rows of that; a test holds it to its index.
OF_ERASED = select(_columns.id, _columns.account).where(
    _columns.message_key == bindparam("the_message_key", required=True), text(_IS_ERASED)
)
_of_erased = Statement(OF_ERASED)
_repeat = Statement(
    update(InboxMessage)
    .where(_columns.id == bindparam("inbox_id", required=True))
    .values(deliveries=_columns.deliveries + 1)
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
_defer = Statement(
    update(InboxMessage)
    .where(
        *_is_this,
        _columns.deliveries == bindparam("delivery", required=True),
        _columns.is_deferred.is_(False),
    )
    .values(is_deferred=True)
    .returning(_columns.id)
)


def receive(session: Session, letter: Letter) -> Received:
    """Counts one delivery; the caller does the work unless it `is_repeat`, and keeps its end.

    A delivery whose twin is at work just now waits for it when it keeps its own end
    (PostgreSQL), or for the writer's turn before it begins (SQLite).
    """
    known = _known.first(session, **_named(letter, letter.openid))
    return received(session, letter, known[0] if known else None)


def received(session: Session, letter: Letter, inbox_id: int | None) -> Received:
    """As `receive`, where it is known which row the message has, if it has one."""
    repeated = None if inbox_id is None else _repeated(session, inbox_id)
    return repeated or Received(None, 1, Outcome.PENDING, None, False, letter.at)


def check_not_erased(session: Session, account: str, key: str) -> None:
    """Asked of whoever is not known: raises FromErased. Another's message has another number."""
    for inbox_id, theirs in _of_erased.run(session, the_message_key=key):
        if theirs == account and (repeated := _repeated(session, inbox_id)):
            raise FromErased(repeated)


def _repeated(session: Session, inbox_id: int) -> Received | None:
    """Counts one more delivery."""
    row = _repeat.first(session, inbox_id=inbox_id)
    if row is None:
        return None
    _, deliveries, outcome, reply, is_deferred, received_at = row
    return Received(inbox_id, deliveries, Outcome(outcome), reply, bool(is_deferred), received_at)


def keep_reply(
    session: Session, letter: Letter, received: Received, reply: str | None, now: datetime
) -> Received:
    """The work is done; every repeat gets this reply, and none means there is nothing to say.

    This and the others that keep an end raise Overtaken, or the end of the transaction does.
    """
    return _end(session, letter, received, Outcome.ANSWERED, reply, now, None)


def limit(
    session: Session, letter: Letter, received: Received, kept: dict[str, Any], now: datetime
) -> Received:
    """The sender was too fast: what was said is kept, nothing is done about it."""
    return _end(session, letter, received, Outcome.LIMITED, None, now, kept)


def give_up(
    session: Session,
    letter: Letter,
    received: Received,
    reply: str,
    kept: dict[str, Any],
    now: datetime,
) -> Received:
    """The work failed on every delivery: the person is told so, what was said is kept."""
    return _end(session, letter, received, Outcome.FAILED, reply, now, kept)


def keep_unworked(
    session: Session, letter: Letter, received: Received, kept: dict[str, Any]
) -> Received:
    """The work failed; what was said is kept until a further delivery succeeds."""
    return _end(session, letter, received, Outcome.PENDING, None, None, kept)


def defer(session: Session, letter: Letter, received: Received) -> int | None:
    """Says that the reply goes out apart from the answer; the row's id for the one who sends it.

    None when it has been said before, or when a later delivery has taken the reply.
    """
    named = _named(letter, _name_of(session, letter))
    row = _defer.first(session, **named, delivery=received.deliveries)
    return row[0] if row else None


def forget(session: Session, account: str, openid: str, gone: str) -> None:
    """Empties the rows of somebody who is erased; the message at work now gets that name, too."""
    session.execute(
        update(InboxMessage)
        .where(InboxMessage.account == account, InboxMessage.openid == openid)
        .values(openid=gone, reply=None, kept=None)
    )
    session.info.setdefault(SEEN, {})[InboxMessage, account, openid] = gone


def _name_of(session: Session, letter: Letter) -> str:
    seen = session.info.get(SEEN) or {}
    name: str = seen.get((InboxMessage, letter.account, letter.openid), letter.openid)
    return name


def _named(letter: Letter, openid: str) -> dict[str, str]:
    return {
        "the_account": letter.account,
        "the_openid": openid,
        "the_message_key": letter.key,
    }


def _end(
    session: Session,
    letter: Letter,
    received: Received,
    outcome: Outcome,
    reply: str | None,
    now: datetime | None,
    kept: dict[str, Any] | None,
) -> Received:
    if received.id is None:
        row = {
            "account": letter.account,
            "openid": _name_of(session, letter),
            "message_key": letter.key,
            "kind": letter.kind,
            "received_at": letter.at,
            "outcome": outcome,
            "reply": reply,
            "answered_at": now,
            "kept": kept,
        }
        _put.leave(session, [row])
    else:
        ended = {"new_outcome": outcome, "new_reply": reply, "at": now, "new_kept": kept}
        _finish.run(session, inbox_id=received.id, **ended)
    return replace(received, outcome=outcome, reply=reply)
