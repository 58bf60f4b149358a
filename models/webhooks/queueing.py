"""Tells the systems that listen of an event, in the transaction in which it happened.

Who listens is kept in memory, so that an ordinary report pays nothing where nobody does.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any, Protocol

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from config.policy import load
from models.insertion import Insertion
from models.outside_table import OutsideSystem
from models.places import AreaWithin
from models.reference import looked_up
from models.statements import Statement
from models.webhooks.table import Webhook, WebhookEndpoint

_COLUMNS = (
    *("system_id", "event_id", "ticket_id", "message_id", "kind", "old", "new", "along"),
    *("at", "not_before"),
)
_insertion = Insertion(Webhook.__table__, _COLUMNS, unique=("system_id", "event_id"))
_LISTENING = Statement(
    select(OutsideSystem.id, OutsideSystem.area_id, OutsideSystem.department)
    .join(WebhookEndpoint, WebhookEndpoint.system_id == OutsideSystem.id)
    .where(OutsideSystem.ended_at.is_(None), WebhookEndpoint.stopped_at.is_(None))
    .order_by(OutsideSystem.id)
)
_AROUND = Statement(
    select(AreaWithin.outer_id).where(AreaWithin.area_id == bindparam("area_id", required=True))
)


class Happened(Protocol):
    """发生的事 — what the log is told; see `models.events.Fact`."""

    @property
    def verb(self) -> str: ...
    @property
    def subject_kind(self) -> str: ...
    @property
    def subject_id(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def old(self) -> str | None: ...
    @property
    def new(self) -> str | None: ...
    @property
    def area_id(self) -> int | None: ...
    @property
    def detail(self) -> Mapping[str, Any]: ...
    @property
    def context(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Listener:
    """外发对象 — a system that is told of what happens in its area."""

    system_id: int
    area_id: int
    department: str | None


@dataclass(frozen=True, slots=True)
class Kind:
    """通知种类 — what an event is told as, and which of its facts go along."""

    name: str
    along: tuple[str, ...]


@cache
def kinds() -> Mapping[str, Kind]:
    """By the verb of the event."""
    return {
        verb: Kind(name, tuple(row.get("along", ())))
        for name, row in load("webhooks")["kind"].items()
        for verb in row["verbs"]
    }


def queue(session: Session, facts: Sequence[Happened], event_ids: Sequence[int]) -> None:
    """A row for each system within whose area it happened."""
    known = kinds()
    told = [
        (fact, known[fact.verb], event_id)
        for fact, event_id in zip(facts, event_ids, strict=True)
        if fact.verb in known and fact.subject_kind == "ticket"
    ]
    if not told:
        return
    listeners = looked_up(session, "webhook listeners", partial(_listeners, session))
    if listeners:
        _insertion.run(session, list(_rows(session, told, listeners)))


def _rows(
    session: Session,
    told: Iterable[tuple[Happened, Kind, int]],
    listeners: Sequence[Listener],
) -> Iterator[dict[str, Any]]:
    for fact, kind, event_id in told:
        around = _around(session, fact.area_id)
        facts = {**fact.detail, **fact.context}
        along = {name: facts[name] for name in kind.along if name in facts}
        for one in listeners:
            is_theirs = one.department in (None, along.get("department", one.department))
            if one.area_id in around and is_theirs:
                yield {
                    "system_id": one.system_id,
                    "event_id": event_id,
                    "ticket_id": fact.subject_id,
                    "message_id": f"msg_{secrets.token_hex(12)}",
                    "kind": kind.name,
                    "old": fact.old,
                    "new": fact.new,
                    "along": along,
                    "at": fact.at,
                    "not_before": fact.at,
                }


def _listeners(session: Session) -> tuple[Listener, ...]:
    return tuple(Listener(*row) for row in _LISTENING.run(session))


def _around(session: Session, area_id: int | None) -> frozenset[int]:
    """A matter without a place lies in no system's area until it has one."""
    if area_id is None:
        return frozenset()
    return looked_up(
        session,
        ("around", area_id),
        lambda: frozenset(row[0] for row in _AROUND.run(session, area_id=area_id)),
    )
