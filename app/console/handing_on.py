"""转外地 from the page of a ticket: it is handed on to another house."""

from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.console import ticket
from app.console.access import page
from app.console.acting import FieldUnfit
from app.console.desk import Desk
from models.open311 import referrals
from models.tickets.asked import number_in
from models.tickets.sight import Sight
from models.tickets.table import Ticket


@page("/tickets/<int:ticket_id>/hand-on", "POST")
def hand_on(desk: Desk, ticket_id: int) -> Any:
    def change(session: Session, _: Sight, found: Ticket) -> None:
        endpoint_id = number_in(request.form.get("endpoint", ""))
        if endpoint_id is None:
            raise FieldUnfit(field="endpoint")
        words, by = ticket.words_in("words"), desk.staff.person_id
        referrals.hand_on(session, found, endpoint_id, words, by=by, at=desk.now)

    return ticket.changed(desk, ticket_id, "referral", change)
