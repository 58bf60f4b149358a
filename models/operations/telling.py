"""What an operation tells the log and people: every step an event of its own."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import places, telling
from models.events import Event
from models.operations.table import Operation
from models.people import Person
from models.posts import Post
from models.telling import Said

SUBJECT = "operation"


def tell(session: Session, operation: Operation, said: Said) -> Event:
    """Writes the event and the messages it causes."""
    session.flush()
    return telling.tell(session, SUBJECT, operation, said, facts(session, operation))


def was_told(session: Session, operation: Operation, verb: str) -> bool:
    found = select(Event.id).where(
        Event.subject_kind == SUBJECT, Event.subject_id == operation.id, Event.verb == verb
    )
    return session.scalar(found.limit(1)) is not None


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
        "targets": operation.targets,
        "area": places.full_name(session, operation.area_id),
        "starts": operation.starts_at.isoformat(),
        "state": operation.state,
        "leader_role": leader[0] if leader else None,
        "leader_department": leader[1] if leader else None,
        "leader_name": leader[2] if leader else None,
    }
