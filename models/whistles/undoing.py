"""撤销: a call that nobody has answered, or a check-in, taken back within ten minutes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import outbox
from models.claims import claim
from models.errors import TooLate
from models.events import Event
from models.ticket_flow import UNDO_MINUTES
from models.tickets.table import Note, Ticket
from models.whistles import clock, lists, sides, telling
from models.whistles.flow import (
    CALL_MOVES,
    CALLED,
    CANCELLED,
    CHECKED_IN,
    HANDED_ON,
    SOUNDED,
    TAKEN_BACK,
    VERBS,
    WHISTLE_MOVES,
    CallAction,
    CallState,
    Side,
    WhistleAction,
    WhistleState,
)
from models.whistles.table import Whistle, WhistleCall
from models.whistles.telling import Said


def undoable(
    session: Session, person_id: int, now: datetime, ticket_id: int | None = None
) -> Event | None:
    """This person's last step with a whistle, if it is lately taken and can be taken back."""
    mine = select(Event).where(
        Event.subject_kind == "ticket",
        Event.actor_id == person_id,
        Event.verb.in_(VERBS - {CALLED}),
        Event.at >= now - timedelta(minutes=UNDO_MINUTES),
    )
    if ticket_id is not None:
        mine = mine.where(Event.subject_id == ticket_id)
    last = session.scalars(mine.order_by(Event.id.desc()).limit(1)).first()
    if last is None:
        return None
    whistle = session.get_one(Whistle, last.detail["whistle"])
    ticket = session.get_one(Ticket, whistle.ticket_id)
    is_open = whistle.state == WhistleState.SOUNDED
    if not is_open or not _still_holds(session, whistle, ticket, last, person_id, now):
        return None
    return last if all(one.state == _left_by(last) for one in _calls(session, last)) else None


def undo(session: Session, event: Event, *, by: int, at: datetime) -> None:
    """Takes it back: what had left is corrected, what waits to leave is cancelled."""
    whistle = session.get_one(Whistle, event.detail["whistle"])
    claim(session, whistle)
    if undoable(session, by, at, event.subject_id) is not event:
        raise TooLate(number=f"#{event.subject_id}")
    if event.verb == CHECKED_IN:
        _take_back(session, whistle, event, by, at)
    else:
        _cancel(session, whistle, event, by, at)


def _take_back(session: Session, whistle: Whistle, event: Event, by: int, at: datetime) -> None:
    [call] = _calls(session, event)
    call.state = CALL_MOVES[call.state, CallAction.TAKE_BACK].target
    call.checked_in_at = None
    # Its reminder may have passed meanwhile; the clock looks from the step on.
    clock.move_on(session, whistle, event.at)
    ticket = session.get_one(Ticket, whistle.ticket_id)
    detail = {"call": call.id, "department": call.department, "undone_event": event.id}
    telling.tell(session, whistle, ticket, Said(TAKEN_BACK, at, by, Side.DEPARTMENT, detail=detail))


def _cancel(session: Session, whistle: Whistle, event: Event, by: int, at: datetime) -> None:
    calls = _calls(session, event)
    for call in calls:
        call.state, call.closed_at = CALL_MOVES[call.state, CallAction.CANCEL].target, at
    _take_away_words(session, event)
    session.flush()
    if not lists.calls_of(session, whistle):
        whistle.state = WHISTLE_MOVES[whistle.state, WhistleAction.CANCEL].target
        whistle.ended_at = at
    clock.set_clock(session, whistle, at)
    said = Said(
        CANCELLED,
        at,
        by,
        Side.CALLER,
        parties={"told": _corrected(session, event, calls)},
        detail={"calls": [call.id for call in calls], "undone_event": event.id},
        context={"departments": [call.department for call in calls]},
    )
    telling.tell(session, whistle, session.get_one(Ticket, whistle.ticket_id), said)


def _still_holds(
    session: Session,
    whistle: Whistle,
    ticket: Ticket,
    event: Event,
    person_id: int,
    now: datetime,
) -> bool:
    if event.verb == SOUNDED:
        return sides.may_call(session, ticket, person_id, now)
    if event.verb != CHECKED_IN:
        return False
    department = event.detail["department"]
    return sides.answers_for(session, ticket, department, person_id, now)


def _left_by(event: Event) -> CallState:
    return CallState.CALLED if event.verb == SOUNDED else CallState.CHECKED_IN


def _calls(session: Session, event: Event) -> list[WhistleCall]:
    ids = event.detail.get("calls") or [event.detail["call"]]
    return [session.get_one(WhistleCall, one) for one in ids]


def _take_away_words(session: Session, event: Event) -> None:
    """What was said along with the call is no record of the matter; the log keeps it sealed."""
    note_id = event.detail.get("note")
    note = session.get(Note, note_id) if note_id is not None else None
    if note is not None:
        session.delete(note)


def _corrected(session: Session, event: Event, calls: Sequence[WhistleCall]) -> list[int]:
    """Who has read of the call meanwhile, or of its being handed on."""
    handed_on = session.scalars(
        select(Event).where(
            Event.subject_kind == "ticket",
            Event.subject_id == event.subject_id,
            Event.verb == HANDED_ON,
            Event.id > event.id,
        )
    )
    ids = {call.id for call in calls}
    caused = [event.id, *event.detail.get("led_to", ())]
    caused += [one.id for one in handed_on if one.detail["call"] in ids]
    left = [message for one in caused for message in outbox.cancel_event(session, one)]
    return [one.person_id for one in left if one.person_id is not None]
