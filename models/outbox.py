"""The message ledger: every message that is to leave, and what became of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NotRequired, TypedDict

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    cast,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.insertion import Insertion
from models.people import Person
from models.quiet_hours import after_quiet_hours


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
    """免打扰 — whether a message may come at night (22:00-08:00)."""

    RESPECT = "respect"
    AWAKE = "awake"  # may go out at night (urgent, or the person has just written), once at most
    IGNORE = "ignore"  # an emergency: it may wake somebody, and may arrive twice


class Channel(StrEnum):
    """渠道 — the way a message took."""

    CUSTOM = "custom"
    SUBSCRIPTION = "subscription"
    TEMPLATE = "template"
    MASS = "mass"
    INBOX = "inbox"  # read in the chat, when the person asked for it


EVERYONE = "everyone"
# A state by its word: no partial index is used for a value that comes as a parameter.
IS_QUEUED = text("outbox.state = 'queued'")
IS_HELD = text("outbox.state = 'held'")
IS_SENDING = text("outbox.state IN ('sending', 'in_doubt') AND outbox.state = 'sending'")
IS_IN_DOUBT = text("outbox.state IN ('sending', 'in_doubt') AND outbox.state = 'in_doubt'")

TROUBLED = (Delivery.IN_DOUBT, Delivery.FAILED, Delivery.HELD, Delivery.EXPIRED)
# State by state, as those of tickets (models/tickets/table.py); {0} is the table, if any.
_TROUBLED_SQL = "({})".format(" OR ".join(f"{{0}}state = '{state}'" for state in TROUBLED))
IS_TROUBLED = text(_TROUBLED_SQL.format("outbox."))


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class OutboxMessage(Base):
    """待发消息 — one message to one person: template and plain context, never rendered text.

    A mass message has an audience (a tag's id, or everyone) in place of the person.
    """

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"), index=True)
    audience: Mapped[str | None]
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
    tried_at: Mapped[datetime | None]  # first try on this channel
    begun_at: Mapped[datetime | None]  # the call of the last try; a claim alone has none
    channel: Mapped[Channel | None]  # set on a queued message: this way and no other
    identity_id: Mapped[int | None]  # whom the last attempt was for
    errcode: Mapped[int | None]
    reason: Mapped[str | None]  # why it stands where it stands, for staff
    platform_id: Mapped[str | None]  # msgid the platform gave, for the result that comes later
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (audience IS NULL)", name="person_or_audience"),
        CheckConstraint("state <> 'sending' OR lease_token IS NOT NULL", name="sending_has_lease"),
        Index("ix_outbox_due", "quiet", "not_before", **_only("state = 'queued'")),
        Index(
            "ix_outbox_open", "state", "lease_until", **_only("state IN ('sending', 'in_doubt')")
        ),
        Index("ix_outbox_held", "expires_at", **_only("state = 'held'")),
        Index("ix_outbox_troubled", "id", **_only(_TROUBLED_SQL.format(""))),
        Index("ix_outbox_begun", "begun_at", **_only("begun_at IS NOT NULL")),
        Index("ix_outbox_event", "event_id", **_only("event_id IS NOT NULL")),
        Index("ix_outbox_platform", "platform_id", **_only("platform_id IS NOT NULL")),
    )


class Draft(TypedDict):
    """What a caller says of a message; the rest is learned on the way."""

    person_id: int
    account: str
    template: str
    context: dict[str, Any]
    unique_key: str
    created_at: datetime
    not_before: NotRequired[datetime]
    quiet: NotRequired[Quiet]
    ticket_id: NotRequired[int | None]
    event_id: NotRequired[int | None]
    expires_at: NotRequired[datetime | None]


_columns = OutboxMessage.__table__.c
_SAID = (
    "person_id",
    "account",
    "template",
    "context",
    "unique_key",
    "created_at",
    "not_before",
    "quiet",
    "ticket_id",
    "event_id",
    "expires_at",
)
_person_id = Person.__table__.c.id
_AS_WORD = cast(_person_id, String)
_put = Insertion(OutboxMessage.__table__, _SAID, unique=["unique_key"])
_WAITING = (Delivery.QUEUED, Delivery.HELD)


def queue(session: Session, rows: Iterable[Draft | dict[str, Any]]) -> int:
    """Puts messages into the ledger, each once by its unique key; says how many were new."""
    return len(_put.run(session, [whole(draft) for draft in rows]))


def leave(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """The same of rows that are whole already, by the end of the transaction."""
    _put.leave(session, rows)


def queue_each(
    session: Session, persons: Sequence[int], said: dict[str, Any], *, unique_key: str
) -> int:
    """The same message to each of these, once by the key and the person; says how many were new.

    The store makes the rows: the message is bound once, which takes a fifth of the time.
    """
    columns: dict[str, ColumnElement[Any]] = {
        name: literal(value, _columns[name].type)
        for name, value in whole(said).items()
        if value is not None
    }
    columns |= {"person_id": _person_id, "unique_key": literal(f"{unique_key}:") + _AS_WORD}
    told = select(*columns.values()).where(_person_id.in_(persons)).order_by(_person_id)
    statement = (
        insert(OutboxMessage)
        .from_select(list(columns), told)
        .on_conflict_do_nothing(index_elements=["unique_key"])
        .execution_options(preserve_rowcount=True)
    )
    return session.connection().execute(statement).rowcount


def whole(draft: Draft | dict[str, Any]) -> dict[str, Any]:
    """With what the draft leaves out, and due when it may come."""
    quiet = draft.get("quiet", Quiet.RESPECT)
    due = draft.get("not_before", draft["created_at"])
    return {
        "ticket_id": None,
        "event_id": None,
        "expires_at": None,
        **draft,
        "quiet": quiet,
        "not_before": after_quiet_hours(due) if quiet is Quiet.RESPECT else due,
    }


def queue_mass(
    session: Session,
    account: str,
    template: str,
    context: dict[str, Any],
    *,
    audience: str,
    unique_key: str,
    now: datetime,
) -> bool:
    """One message to all who carry a tag, or to EVERYONE; false when it was queued before."""
    row = session.execute(
        insert(OutboxMessage)
        .values(
            account=account,
            template=template,
            context=context,
            audience=audience,
            channel=Channel.MASS,
            unique_key=unique_key,
            created_at=now,
            not_before=after_quiet_hours(now),
        )
        .on_conflict_do_nothing(index_elements=["unique_key"])
        .returning(_columns.id)
    )
    return row.first() is not None


def cancel_event(session: Session, event_id: int) -> Sequence[OutboxMessage]:
    """Takes back what an undone event had queued; returns what had left and needs a correction."""
    _cancel(session, _columns.event_id == event_id)
    left = select(OutboxMessage).where(
        _columns.event_id == event_id,
        _columns.state.in_(
            (Delivery.SENDING, Delivery.SENT, Delivery.CONFIRMED, Delivery.IN_DOUBT)
        ),
    )
    return session.scalars(left.order_by(_columns.id)).all()


def cancel_keys(session: Session, keys: Iterable[str]) -> int:
    """Takes back messages that have not left; says how many."""
    return _cancel(session, _columns.unique_key.in_(list(keys)))


def _cancel(session: Session, condition: Any) -> int:
    found = session.execute(
        update(OutboxMessage)
        .where(condition, _columns.state.in_(_WAITING))
        .values(state=Delivery.CANCELLED)
        .returning(_columns.id)
        .execution_options(synchronize_session=False)
    )
    return len(found.all())


def show(session: Session, ids: Iterable[int], now: datetime) -> None:
    """These were read in the chat; what was held has thereby arrived."""
    session.execute(
        update(OutboxMessage)
        .where(_columns.id.in_(list(ids)), _columns.state == Delivery.HELD)
        .values(state=Delivery.CONFIRMED, channel=Channel.INBOX, sent_at=now, reason=None)
        .execution_options(synchronize_session=False)
    )


def unreached(
    session: Session, person_ids: Iterable[int], since: datetime
) -> Sequence[OutboxMessage]:
    """The staff call list: what these persons should know and no channel could bring them."""
    states = (Delivery.HELD, Delivery.FAILED, Delivery.EXPIRED, Delivery.IN_DOUBT)
    return session.scalars(
        select(OutboxMessage)
        .where(
            _columns.person_id.in_(list(person_ids)),
            _columns.state.in_(states),
            _columns.created_at >= since,
        )
        .order_by(_columns.person_id, _columns.id)
    ).all()


def settle_doubt(session: Session, message_id: int, verdict: Delivery, now: datetime) -> bool:
    """What staff found out about a message in doubt: CONFIRMED, FAILED, or QUEUED to send again."""
    again = {"not_before": now, "channel": None} if verdict is Delivery.QUEUED else {}
    found = session.execute(
        update(OutboxMessage)
        .where(_columns.id == message_id, _columns.state == Delivery.IN_DOUBT)
        .values(state=verdict, **again)
        .returning(_columns.id)
        .execution_options(synchronize_session=False)
    )
    return found.first() is not None
