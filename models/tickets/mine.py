"""What a resident may see of their own matters and of those they joined: lists, one, its steps."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from models.errors import NotFound
from models.past import EveryEvent
from models.ticket_flow import State
from models.tickets.table import Note, Supporter, Ticket


@dataclass(frozen=True, slots=True)
class Told:
    """进程 — one line of what became of a matter: a step, or words beside it."""

    verb: str
    at: datetime
    state: State | None = None
    text: str | None = None


def matters(
    session: Session, person_id: int, *, before: int | None = None, limit: int = 20
) -> Sequence[Ticket]:
    """Reported or joined by this person, the latest first; what they withdrew is left out."""
    found = select(Ticket).where(_is_theirs(person_id), Ticket.state != State.WITHDRAWN)
    if before is not None:
        found = found.where(Ticket.id < before)
    return session.scalars(found.order_by(Ticket.id.desc()).limit(limit)).all()


def matter(session: Session, person_id: int, ticket_id: int) -> Ticket:
    """NotFound, in the same words, for a number nobody has and for another's."""
    found = session.scalars(
        select(Ticket).where(
            Ticket.id == ticket_id, or_(Ticket.reporter_id == person_id, _is_joined(person_id))
        )
    ).first()
    if found is None:
        raise NotFound(number=f"#{ticket_id}")
    return found


def reported_among(session: Session, person_id: int, ticket_ids: Collection[int]) -> set[int]:
    """Which of these they reported themselves."""
    mine = select(Ticket.id).where(Ticket.id.in_(ticket_ids), Ticket.reporter_id == person_id)
    return set(session.scalars(mine))


def timeline(session: Session, ticket: Ticket, person_id: int) -> list[Told]:
    """Its steps; to who reported it also their own words and what was answered them."""
    events = session.scalars(
        select(EveryEvent)
        .where(
            EveryEvent.subject_kind == "ticket",
            EveryEvent.subject_id == ticket.id,
            EveryEvent.new.is_not(None),
        )
        .order_by(EveryEvent.id)
    )
    told = [Told(one.verb, one.at, State(one.new) if one.new else None) for one in events]
    if ticket.reporter_id == person_id:
        notes = session.scalars(
            select(Note).where(
                Note.ticket_id == ticket.id,
                Note.text.is_not(None),
                or_(Note.for_reporter.is_(True), Note.author_id == person_id),
            )
        )
        told += [_words(one) for one in notes]
    return sorted(told, key=lambda one: one.at)


def _words(note: Note) -> Told:
    verb = "ticket_answered" if note.for_reporter else "ticket_supplemented"
    return Told(verb, note.at, text=note.text)


def _is_theirs(person_id: int) -> ColumnElement[bool]:
    is_reported = and_(Ticket.reporter_id == person_id, Ticket.reporter_left_at.is_(None))
    return or_(is_reported, _is_joined(person_id))


def _is_joined(person_id: int) -> ColumnElement[bool]:
    return Ticket.id.in_(select(Supporter.ticket_id).where(Supporter.person_id == person_id))
