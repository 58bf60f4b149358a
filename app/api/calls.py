"""The calls of whistles on a department: checked in, answered, sent back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.api.routes import Call, Work, acts, reads
from app.api.schemas import Given, Sent, Words
from app.api.ticket_schemas import Named, named
from config.categories import label_of
from models.errors import NotFound
from models.tickets.table import Ticket
from models.whistles import answering, lists
from models.whistles.table import WhistleCall


class CallOut(Given):
    """应哨 — a call on the department one speaks for."""

    id: int
    ticket_id: int
    department: str
    state: str
    words: str
    class_name: str
    urgency: Named
    place: str | None
    check_in_due: datetime
    result_due: datetime


class CallsOut(Given):
    items: list[CallOut]


class Answered(Sent):
    words: Words


MOVES: dict[str, Any] = {
    "gives": CallOut,
    "refuses": ("transition_not_allowed", "not_allowed", "reason_missing"),
}


@reads("/calls", gives=CallsOut)
def list_calls(call: Call) -> Work:
    """What waits for one's department, the earliest due first."""

    def work(session: Session) -> CallsOut:
        found = lists.calls_for(session, call.who.person_id)
        return CallsOut(items=[_out(one, ticket) for one, ticket in found])

    return work


@acts("/calls/<int:call_id>/check-in", **MOVES)
def check_in(call: Call, call_id: int) -> Work:
    """The department is there."""
    return _step(call, call_id, answering.check_in)


@acts("/calls/<int:call_id>/result", takes=Answered, **MOVES)
def answer_call(call: Call, call_id: int, body: Answered) -> Work:
    """Tell what was done."""
    return _step(call, call_id, answering.answer, body.words)


@acts("/calls/<int:call_id>/return", takes=Answered, **MOVES)
def return_call(call: Call, call_id: int, body: Answered) -> Work:
    """It is not this department's, and why."""
    return _step(call, call_id, answering.send_back, body.words)


def _step(call: Call, call_id: int, take: Callable[..., None], *words: str) -> Work:
    """A call that waits for somebody else is not there."""

    def work(session: Session) -> CallOut:
        waiting = lists.calls_for(session, call.who.person_id)
        found = next((one for one in waiting if one[0].id == call_id), None)
        if found is None:
            raise NotFound
        by: dict[str, Any] = {"by": call.who.person_id, "at": call.now}
        take(session, found[0], *words, **by)
        return _out(*found)

    return work


def _out(call: WhistleCall, ticket: Ticket) -> CallOut:
    return CallOut(
        id=call.id,
        ticket_id=ticket.id,
        department=call.department,
        state=call.state,
        words=ticket.text or "",
        class_name=label_of(ticket.category, ticket.subcategory),
        urgency=named(ticket.urgency, "urgency"),
        place=ticket.place_name,
        check_in_due=call.check_in_due_at,
        result_due=call.result_due_at,
    )
