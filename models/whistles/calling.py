"""吹哨: staff call departments to a ticket, each with its own clock."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models.claims import claim
from models.errors import AlreadyDone, NotAllowed, NotFound, TooLate
from models.tickets import facts, refining
from models.tickets.table import Note, Ticket
from models.whistles import clock, lists, sides, telling, terms
from models.whistles.flow import (
    CALLED,
    SOUNDED,
    CallState,
    Side,
    WhistleKind,
    WhistleState,
)
from models.whistles.table import Whistle, WhistleCall
from models.whistles.telling import Said


def can(session: Session, ticket: Ticket, *, by: int, at: datetime) -> bool:
    """Whether this person may call departments to this ticket now."""
    return ticket.is_open and sides.may_call(session, ticket, by, at)


def sound(
    session: Session,
    ticket: Ticket,
    departments: Sequence[str],
    *,
    by: int,
    at: datetime,
    kind: WhistleKind | None = None,
    words: str = "",
) -> list[WhistleCall]:
    """Calls these departments; on a ticket with a whistle under way they join it.

    A department whose post nobody holds is called as soon as somebody does. Raises NotAllowed,
    TooLate (the ticket has ended), NotFound (no such department), AlreadyDone (all are called).
    """
    claim(session, ticket)
    if not sides.may_call(session, ticket, by, at):
        raise NotAllowed(number=ticket.number)
    if not ticket.is_open:
        raise TooLate(number=ticket.number)
    wanted = _wanted(session, ticket, departments)
    usual = kind or terms.usual_kind(ticket.urgency)
    whistle = lists.under_way(session, ticket.id) or _begun(session, ticket, usual, by, at)
    dues = _dues(session, whistle, at)
    calls = [_called(session, whistle, ticket, one, at, dues) for one in wanted]
    note = refining.keep_note(session, ticket, words, by=by, at=at) if words else None
    clock.set_clock(session, whistle, at)
    _tell(session, whistle, ticket, calls, by, at, note)
    return calls


def _begun(session: Session, ticket: Ticket, kind: WhistleKind, by: int, at: datetime) -> Whistle:
    whistle = Whistle(
        ticket_id=ticket.id,
        caller_id=by,
        kind=kind,
        state=WhistleState.SOUNDED,
        sounded_at=at,
    )
    session.add(whistle)
    session.flush()
    return whistle


def _wanted(session: Session, ticket: Ticket, departments: Sequence[str]) -> list[str]:
    """Those that are not called already, each once."""
    known = terms.departments()
    for one in departments:
        if one not in known:
            raise NotFound(f"no department is named {one}", number=one)
    called = lists.called_departments(session, ticket.id)
    wanted = [one for one in dict.fromkeys(departments) if one not in called]
    if not wanted:
        raise AlreadyDone(number="")
    return wanted


def _dues(session: Session, whistle: Whistle, at: datetime) -> tuple[datetime, datetime]:
    """By when who is called now checks in and answers; a joint action has one time for all."""
    if whistle.kind == WhistleKind.JOINT:
        for call in lists.calls_of(session, whistle):
            if call.is_pending and call.check_in_due_at > at:
                return call.check_in_due_at, call.result_due_at
    return terms.due(session, whistle, at)


def _called(
    session: Session,
    whistle: Whistle,
    ticket: Ticket,
    department: str,
    at: datetime,
    dues: tuple[datetime, datetime],
) -> WhistleCall:
    holder = sides.liaison(session, ticket, department, at)
    call = WhistleCall(
        whistle_id=whistle.id,
        department=department,
        person_id=holder.person_id if holder else None,
        state=CallState.CALLED,
        called_at=at,
        check_in_due_at=dues[0],
        result_due_at=dues[1],
    )
    session.add(call)
    session.flush()
    return call


def _tell(
    session: Session,
    whistle: Whistle,
    ticket: Ticket,
    calls: Sequence[WhistleCall],
    by: int,
    at: datetime,
    note: Note | None,
) -> None:
    """Each department hears of its own call; residents and the owner of all in one line."""
    words = (note.text if note else None) or ""
    people = facts.parties(session, ticket)
    asked = {call.person_id for call in calls}
    owner = [one for one in people["owner"] if one not in asked]
    along = words or telling.words_along(session, whistle)
    led_to = [hand(session, whistle, ticket, call, CALLED, by, at, along) for call in calls]
    told = telling.residents(session, ticket) | {"owner": owner}
    telling.tell(
        session,
        whistle,
        ticket,
        Said(
            SOUNDED,
            at,
            by,
            Side.CALLER,
            parties=told,
            detail={
                "calls": [call.id for call in calls],
                "led_to": led_to,
                "note": note.id if note else None,
            },
            context={"departments": [call.department for call in calls]},
            words=words or None,
        ),
    )


def hand(
    session: Session,
    whistle: Whistle,
    ticket: Ticket,
    call: WhistleCall,
    verb: str,
    by: int | None,
    at: datetime,
    words: str = "",
) -> int:
    """Tells who is asked for the department now; the event's id."""
    return telling.tell(
        session,
        whistle,
        ticket,
        Said(
            verb,
            at,
            by,
            Side.CALLER if by else Side.CLOCK,
            parties={"called": [call.person_id] if call.person_id else []},
            detail={"call": call.id, "department": call.department},
            context=telling.of_call(call) | {"words": words},
        ),
    )
