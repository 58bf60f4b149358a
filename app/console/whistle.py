"""A whistle from the page of its ticket: departments are called, check in, and are let go."""

from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.console import ticket
from app.console.access import page
from app.console.acting import FieldUnfit
from app.console.desk import Desk
from models.errors import NotFound
from models.tickets.sight import Sight
from models.tickets.table import Ticket
from models.whistles import answering, calling, ending, lists
from models.whistles.flow import CallAction, WhistleAction, WhistleKind
from models.whistles.table import WhistleCall


@page("/tickets/<int:ticket_id>/whistle", "POST")
def whistle_sound(desk: Desk, ticket_id: int) -> Any:
    def change(session: Session, _: Sight, found: Ticket) -> None:
        departments = request.form.getlist("departments")
        if not departments:
            raise FieldUnfit(field="departments")
        wanted = request.form.get("kind", "")
        kind = WhistleKind(wanted) if wanted in list(WhistleKind) else None
        words = request.form.get("words", "").strip()[: ticket.LONGEST]
        by = desk.staff.person_id
        calling.sound(session, found, departments, by=by, at=desk.now, kind=kind, words=words)

    return ticket.changed(desk, ticket_id, "whistle", change)


@page("/tickets/<int:ticket_id>/whistle/end", "POST")
def whistle_end(desk: Desk, ticket_id: int) -> Any:
    """Confirmed when all have answered; else broken off, with the reason."""

    def change(session: Session, _: Sight, found: Ticket) -> None:
        whistle = lists.under_way(session, found.id)
        if whistle is None:
            raise NotFound(number=found.number)
        by = desk.staff.person_id
        if request.form.get("action") == WhistleAction.CONFIRM:
            ending.confirm(session, whistle, by=by, at=desk.now)
        else:
            ending.break_off(session, whistle, ticket.words_in("words"), by=by, at=desk.now)

    return ticket.changed(desk, ticket_id, "whistle", change)


@page("/tickets/<int:ticket_id>/calls/<int:call_id>", "POST")
def call_answer(desk: Desk, ticket_id: int, call_id: int) -> Any:
    def change(session: Session, _: Sight, found: Ticket) -> None:
        call = session.get(WhistleCall, call_id)
        if call is None or lists.ticket_of(session, call).id != found.id:
            raise NotFound(number=found.number)
        by, action = desk.staff.person_id, request.form.get("action")
        if action == CallAction.CHECK_IN:
            answering.check_in(session, call, by=by, at=desk.now)
        elif action == CallAction.ANSWER:
            answering.answer(session, call, ticket.words_in("words"), by=by, at=desk.now)
        else:
            answering.send_back(session, call, ticket.words_in("words"), by=by, at=desk.now)

    return ticket.changed(desk, ticket_id, "whistle", change)
