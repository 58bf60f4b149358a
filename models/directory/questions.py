"""Questions the directory had no answer to: noted, answered by staff, kept as entries."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.categories import Intent
from models.directory import actions
from models.directory.table import DirectoryEntry, UnansweredQuestion
from models.insertion import Insertion
from models.places import Area, AreaWithin
from models.tickets.table import IS_OPEN, Ticket

_asked = Insertion(UnansweredQuestion.__table__, ("ticket_id", "asked_at"))


def note(session: Session, ticket_id: int, at: datetime) -> None:
    """This ticket asks what no entry answers."""
    _asked.run(session, [{"ticket_id": ticket_id, "asked_at": at}])


def of_ticket(session: Session, ticket_id: int) -> UnansweredQuestion | None:
    return session.scalars(
        select(UnansweredQuestion).where(UnansweredQuestion.ticket_id == ticket_id)
    ).first()


def answered(session: Session, ticket: Ticket, at: datetime) -> bool:
    """The asker has an answer. Says whether it may become an entry: who asks accuses nobody."""
    question = of_ticket(session, ticket.id)
    if question is not None and question.answered_at is None:
        question.answered_at = at
    is_question = ticket.intent == Intent.ENQUIRY and bool(ticket.text) and ticket.about is None
    return is_question and (question is None or question.entry_id is None)


def kept(session: Session, ticket: Ticket, entry: DirectoryEntry, at: datetime) -> None:
    """The answer stands in the directory from now on."""
    question = of_ticket(session, ticket.id)
    if question is None:
        question = UnansweredQuestion(ticket_id=ticket.id, asked_at=ticket.opened_at)
        session.add(question)
    question.answered_at = question.answered_at or at
    question.entry_id = entry.id


def area_for(session: Session, ticket: Ticket, by: int, at: datetime) -> int | None:
    """The widest area up to the community that this person answers for, or None."""
    if ticket.area_id is None:
        return None
    area = session.get_one(Area, ticket.area_id)
    wide = (ticket.community_id, area.estate_id, area.grid_id, area.id)
    return next(
        (one for one in wide if one is not None and actions.serves(session, one, by, at)), None
    )


def waiting(
    session: Session, area_id: int | None = None
) -> Sequence[tuple[UnansweredQuestion, Ticket]]:
    """Open tickets whose question has no answer yet, the oldest first."""
    query = (
        select(UnansweredQuestion, Ticket)
        .join(Ticket, Ticket.id == UnansweredQuestion.ticket_id)
        .where(UnansweredQuestion.answered_at.is_(None), IS_OPEN)
        .order_by(UnansweredQuestion.asked_at, UnansweredQuestion.id)
    )
    if area_id is not None:
        inner = select(AreaWithin.area_id).where(AreaWithin.outer_id == area_id)
        query = query.where(Ticket.area_id.in_(inner))
    return [(question, ticket) for question, ticket in session.execute(query)]
