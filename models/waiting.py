"""Questions about a ticket that wait while something else is asked."""

from datetime import datetime

from sqlalchemy.orm import Session

from config.policy import load
from models import conversations
from models.conversations import Question

AT_DOOR = "scanned_place"  # where somebody stands counts for their next report


def park(session: Session, person_id: int, on_ticket: int | None, now: datetime) -> None:
    """What was asked about another ticket stays open beside the question that comes now."""
    for one in conversations.open_questions(session, person_id, now):
        is_elsewhere = one.ticket_id is None or one.ticket_id != on_ticket
        if not one.is_pushed and is_elsewhere and (is_lasting(one) or one.kind == AT_DOOR):
            one.is_pushed = True
    session.flush()


def next_of(
    session: Session, person_id: int, answered_id: int | None, now: datetime
) -> Question | None:
    """The question to remind of: the one that is open, else the last one parked.

    None while the digits belong to something else that was asked and not answered just now.
    """
    questions = conversations.open_questions(session, person_id, now)
    asked = next((one for one in questions if not one.is_pushed), None)
    if asked is not None and is_lasting(asked):
        return asked if asked.id != answered_id else None
    parked = next((one for one in questions if one.is_pushed and is_lasting(one)), None)
    if parked is None or (asked is not None and asked.id != answered_id):
        return None
    if asked is not None:
        conversations.close(asked, now)
    parked.is_pushed = False
    return parked


def is_lasting(question: Question) -> bool:
    """Asked by the house about a ticket; what a command asks passes with it."""
    return question.kind in load("intake")["waiting"]["kinds"] and not question.context.get(
        "is_wished"
    )
