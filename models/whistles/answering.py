"""报到: a called department checks in, tells its result, or sends the call back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.claims import claim
from models.moves import Flow, Taken
from models.tickets import refining
from models.tickets.table import Ticket
from models.whistles import clock, lists, sides, telling, terms
from models.whistles.flow import CALL_FLOW, CallAction, CallState, Side, WhistleState
from models.whistles.table import Whistle, WhistleCall
from models.whistles.telling import Said

OWN = frozenset({CallAction.CHECK_IN, CallAction.ANSWER, CallAction.SEND_BACK})
OVER: Flow[CallState, CallAction, Side] = Flow(CALL_FLOW.label, {})


@dataclass(slots=True)
class CallStep:
    """One step of one department under way."""

    session: Session
    call: WhistleCall
    whistle: Whistle
    ticket: Ticket
    by: int
    at: datetime
    taken: Taken[CallState, Side]


def can(session: Session, call: WhistleCall, action: CallAction, *, by: int, at: datetime) -> bool:
    """Whether this person may take the action for the department now.

    One of OWN; of the others `undoing` and `ending` are asked.
    """
    whistle = session.get_one(Whistle, call.whistle_id)
    ticket = session.get_one(Ticket, whistle.ticket_id)
    held = sides.held_for(session, call, ticket, by, at)
    return action in OWN and _flow(whistle).can(call.state, action, held)


def check_in(session: Session, call: WhistleCall, *, by: int, at: datetime) -> None:
    """报到. Nobody is written to: the caller sees it on the whistle."""
    _take(_checked(session, call, CallAction.CHECK_IN, by, at))


def answer(session: Session, call: WhistleCall, words: str, *, by: int, at: datetime) -> None:
    """The result, in words; who had not checked in has done so by it."""
    _take(_checked(session, call, CallAction.ANSWER, by, at, words), words)


def send_back(session: Session, call: WhistleCall, reason: str, *, by: int, at: datetime) -> None:
    """不是我们管的: the reason goes to the caller."""
    _take(_checked(session, call, CallAction.SEND_BACK, by, at, reason), reason)


def _checked(
    session: Session,
    call: WhistleCall,
    action: CallAction,
    by: int,
    at: datetime,
    words: str | None = None,
) -> CallStep:
    """The step, if it may be taken. Of two who answer at once the second is refused."""
    whistle = session.get_one(Whistle, call.whistle_id)
    claim(session, whistle)
    session.refresh(call)
    ticket = session.get_one(Ticket, whistle.ticket_id)
    held = sides.held_for(session, call, ticket, by, at)
    taken = _flow(whistle).take(call.state, action, held, number=ticket.number, words=words)
    return CallStep(session, call, whistle, ticket, by, at, taken)


def _flow(whistle: Whistle) -> Flow[CallState, CallAction, Side]:
    """A whistle that has ended leaves its departments nothing to do."""
    return CALL_FLOW if whistle.state == WhistleState.SOUNDED else OVER


def _take(step: CallStep, words: str | None = None) -> None:
    """Keeps the words with the ticket, sets the clock, and tells the caller."""
    session, call, whistle, move = step.session, step.call, step.whistle, step.taken.move
    if words is not None:
        note = refining.keep_note(session, step.ticket, words.strip(), by=step.by, at=step.at)
        session.flush()
        call.note_id, call.closed_at = note.id, step.at
    if move.target != CallState.RETURNED:
        call.checked_in_at = call.checked_in_at or step.at
    call.state, call.person_id = move.target, step.by
    clock.set_clock(session, whistle, step.at)
    caller = sides.caller_of(session, whistle, step.ticket, step.at)
    telling.tell(
        session,
        whistle,
        step.ticket,
        Said(
            move.verb,
            step.at,
            step.by,
            step.taken.side,
            parties={"caller": [caller] if caller else []},
            detail={"call": call.id, "department": call.department},
            context=telling.of_call(call) | _others(session, whistle),
            words=words,
        ),
    )


def _others(session: Session, whistle: Whistle) -> dict[str, Any]:
    """Who is still waited for, and a department that could be called instead."""
    calls = lists.calls_of(session, whistle)
    called = {one.department for one in calls}
    return {
        "waiting": [one.department for one in calls if one.is_pending],
        "others": [one for one in terms.departments() if one not in called][:1],
    }
