"""What stands beside a ticket: one look tells which panels of its page have anything to show."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.projects.table import ProjectTicket
from models.supervisions import sides
from models.supervisions.table import Supervision
from models.takeovers import IS_OPEN, Takeover
from models.tickets.table import Ticket
from models.whistles.table import Whistle


@dataclass(frozen=True, slots=True)
class Beside:
    """旁边的事 — few tickets have any of these."""

    has_project: bool
    has_supervisions: bool
    has_whistle: bool
    is_talked_over: bool  # somebody has taken over the chat with the reporter


def beside(session: Session, ticket: Ticket) -> Beside:
    row = session.execute(
        select(
            select(ProjectTicket.ticket_id).where(ProjectTicket.ticket_id == ticket.id).exists(),
            select(Supervision.id).where(sides.on_tickets([ticket.id])).exists(),
            select(Whistle.id).where(Whistle.ticket_id == ticket.id).exists(),
            select(Takeover.id).where(Takeover.resident_id == ticket.reporter_id, IS_OPEN).exists(),
        )
    ).one()
    return Beside(*row)
