"""Short looks into the store for the stories."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from models.base import Base
from models.events import Event
from models.outbox import Delivery, OutboxMessage
from models.tickets.table import Assignment, Note, Ticket
from tests.chat import Town


def ticket(town: Town, number: int = 1) -> Ticket:
    found: Ticket = town.look(lambda session: session.get_one(Ticket, number))
    return found


def tickets(town: Town) -> int:
    return count(town, Ticket)


def count(town: Town, table: type[Base]) -> int:
    return int(town.look(lambda session: session.scalar(select(func.count()).select_from(table))))


def verbs(town: Town, number: int = 1) -> list[str]:
    """What the log says of a ticket, in order."""

    def find(session: Any) -> Sequence[str]:
        found = select(Event.verb).where(Event.subject_kind == "ticket", Event.subject_id == number)
        return list(session.scalars(found.order_by(Event.id)))

    return list(town.look(find))


def notes(town: Town, number: int = 1) -> list[str | None]:
    def find(session: Any) -> Sequence[str | None]:
        return list(
            session.scalars(select(Note.text).where(Note.ticket_id == number).order_by(Note.id))
        )

    return list(town.look(find))


def answers(town: Town, number: int = 1) -> dict[int, str]:
    """Person → what they answered when asked to work on it."""

    def find(session: Any) -> dict[int, str]:
        rows = session.scalars(select(Assignment).where(Assignment.ticket_id == number))
        return {one.person_id: one.answer.value for one in rows}

    return dict(town.look(find))


def deliver(town: Town) -> None:
    """What is queued has been sent."""
    with town.database.writing() as session:
        for one in session.scalars(
            select(OutboxMessage).where(OutboxMessage.state == Delivery.QUEUED)
        ):
            one.state, one.sent_at = Delivery.SENT, town.now
