"""What a step on any subject tells the log and people: one event, with the messages it causes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from models import events
from models.events import Event, Fact
from models.outbox import Quiet
from models.people import Person
from models.sealing import seal_for


class Subject(Protocol):
    """What steps are taken on: a row with a place and a state of its own."""

    @property
    def id(self) -> int: ...
    @property
    def account(self) -> str: ...
    @property
    def area_id(self) -> int | None: ...
    @property
    def state(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Said:
    """One step to be told: which, by whom, to whom, with which further facts and words."""

    verb: str
    at: datetime
    by: int | None
    side: str
    old: str | None = None
    parties: Mapping[str, Sequence[int]] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    words: str | None = None
    quiet: Quiet = Quiet.RESPECT
    expires_at: datetime | None = None


def tell(
    session: Session, kind: str, subject: Subject, said: Said, facts: Mapping[str, Any]
) -> Event:
    """`facts` fill the words of every message about the subject."""
    author = session.get(Person, said.by) if said.by else None
    [event_id] = events.record(
        session,
        Fact(
            verb=said.verb,
            subject_kind=kind,
            subject_id=subject.id,
            at=said.at,
            account=subject.account,
            actor_id=said.by,
            capacity=said.side,
            old=said.old,
            new=subject.state,
            area_id=subject.area_id,
            detail=dict(said.detail),
            words=seal_for(author.own_key, said.words) if author and said.words else None,
            parties=said.parties,
            context={**facts, "words": said.words or "", **said.context},
            quiet=said.quiet,
            expires_at=said.expires_at,
        ),
    )
    return session.get_one(Event, event_id)
