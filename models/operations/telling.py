"""What an operation tells the log and people: every step an event of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import events, places
from models.events import Event, Fact
from models.operations.flow import OperationState, Side
from models.operations.table import Operation
from models.outbox import Quiet
from models.people import Person
from models.posts import Post
from models.sealing import seal_for

SUBJECT = "operation"


@dataclass(frozen=True, slots=True)
class Said:
    """One step to be told: which, by whom, to whom, with which further facts and words."""

    verb: str
    at: datetime
    by: int | None
    side: Side
    old: OperationState | None = None
    parties: Mapping[str, Sequence[int]] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    words: str | None = None
    quiet: Quiet = Quiet.RESPECT
    expires_at: datetime | None = None


def tell(session: Session, operation: Operation, said: Said) -> Event:
    """Writes the event and the messages it causes."""
    session.flush()
    author = session.get(Person, said.by) if said.by else None
    [event_id] = events.record(
        session,
        Fact(
            verb=said.verb,
            subject_kind=SUBJECT,
            subject_id=operation.id,
            at=said.at,
            account=operation.account,
            actor_id=said.by,
            capacity=said.side,
            old=said.old,
            new=operation.state,
            area_id=operation.area_id,
            detail=dict(said.detail),
            words=seal_for(author.own_key, said.words) if author and said.words else None,
            parties=said.parties,
            context=facts(session, operation) | {"words": said.words or "", **said.context},
            quiet=said.quiet,
            expires_at=said.expires_at,
        ),
    )
    return session.get_one(Event, event_id)


def facts(session: Session, operation: Operation) -> dict[str, Any]:
    """What the words about an operation are filled with."""
    leader = session.execute(
        select(Post.role, Post.department, Person.name)
        .join(Person, Person.id == Post.person_id)
        .where(Post.person_id == operation.leader_id)
        .order_by(Post.id)
    ).first()
    return {
        "operation_id": operation.id,
        "title": operation.title,
        "area": places.full_name(session, operation.area_id),
        "starts": operation.starts_at.isoformat(),
        "state": operation.state,
        "leader_role": leader[0] if leader else None,
        "leader_department": leader[1] if leader else None,
        "leader_name": leader[2] if leader else None,
    }
