"""The append-only event log; every reaction to an event starts here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.policy import load
from models import outbox
from models.base import Base
from models.insertion import Insertion
from models.outbox import Quiet
from models.tracing import TICKET
from models.webhooks import queueing


class Event(Base):
    """事件 — one thing that happened: who, what, old and new, why, when. Never changed."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[int]
    verb: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))  # None: the clock
    capacity: Mapped[str | None]
    old: Mapped[str | None]
    new: Mapped[str | None]
    area_id: Mapped[int | None]  # as it was then
    detail: Mapped[dict[str, Any]]  # ids, numbers and codes; nothing personal
    words: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed by the author's own key
    at: Mapped[datetime]

    __table_args__ = (Index("ix_events_subject", "subject_kind", "subject_id"),)


class Fact(Struct, frozen=True, gc=False):
    """What a verb tells the log, and whom it concerns.

    `parties` maps a part (owner, helper, reporter ...) to person ids; config/notifications.toml
    says which part hears of which verb in which words. `context` fills those words.
    """

    verb: str
    subject_kind: str
    subject_id: int
    at: datetime
    account: str = "main"
    actor_id: int | None = None
    capacity: str | None = None
    old: str | None = None
    new: str | None = None
    area_id: int | None = None
    detail: dict[str, Any] = {}
    words: bytes | None = None
    parties: Mapping[str, Sequence[int]] = {}
    context: Mapping[str, Any] = {}
    quiet: Quiet = Quiet.RESPECT  # whether it may come at night
    expires_at: datetime | None = None


_insertion = Insertion(
    Event.__table__, [column.name for column in Event.__table__.c if column.name != "id"]
)


def record(session: Session, *facts: Fact) -> list[int]:
    """Writes the facts and the messages they cause; returns the events' ids."""
    for fact in facts:
        if fact.subject_kind == "ticket":
            TICKET.set(fact.subject_id)
    ids = _insertion.run(session, [_row(fact) for fact in facts])
    messages = [
        message
        for fact, event_id in zip(facts, ids, strict=True)
        for message in _messages(fact, event_id)
    ]
    if messages:
        outbox.leave(session, messages)
    queueing.queue(session, facts, ids)
    return ids


def _row(fact: Fact) -> dict[str, Any]:
    return {
        "subject_kind": fact.subject_kind,
        "subject_id": fact.subject_id,
        "verb": fact.verb,
        "actor_id": fact.actor_id,
        "capacity": fact.capacity,
        "old": fact.old,
        "new": fact.new,
        "area_id": fact.area_id,
        "detail": fact.detail,
        "words": fact.words,
        "at": fact.at,
    }


def reactions(verb: str) -> Mapping[str, str]:
    """Part → template, from config/notifications.toml."""
    table: Mapping[str, str] = load("notifications").get(verb, {})
    return table


def _messages(fact: Fact, event_id: int) -> Iterable[dict[str, Any]]:
    told = [
        (template, person_id)
        for part, template in reactions(fact.verb).items()
        for person_id in dict.fromkeys(fact.parties.get(part, ()))
        if person_id != fact.actor_id  # who did it has the reply
    ]
    said = _said(fact, event_id) if told else {}
    for template, person_id in told:
        key = f"{event_id}:{template}:{person_id}"
        yield {**said, "person_id": person_id, "template": template, "unique_key": key}


def _said(fact: Fact, event_id: int) -> dict[str, Any]:
    """What all messages of an event have in common."""
    return outbox.whole(
        {
            "account": fact.account,
            "context": fact.context,
            "quiet": fact.quiet,
            "ticket_id": fact.subject_id if fact.subject_kind == "ticket" else None,
            "event_id": event_id,
            "expires_at": fact.expires_at,
            "created_at": fact.at,
        }
    )
