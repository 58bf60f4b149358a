"""What a whistle tells the log and people: every step an event on the ticket's timeline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import events
from models.events import Fact
from models.outbox import Quiet
from models.past import EveryEvent
from models.people import Person
from models.sealing import seal_for
from models.ticket_flow import OPEN
from models.tickets import facts
from models.tickets.table import Note, Ticket
from models.whistles.flow import SOUNDED, CallState, Side, WhistleKind
from models.whistles.table import Whistle, WhistleCall

RESIDENTS = ("reporter", "supporters")


@dataclass(frozen=True, slots=True)
class Said:
    """One step to be told: which, by whom, to whom, with which further facts and words."""

    verb: str
    at: datetime
    by: int | None
    side: Side
    parties: Mapping[str, Sequence[int]] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    words: str | None = None
    expires_at: datetime | None = None


def tell(session: Session, whistle: Whistle, ticket: Ticket, said: Said) -> int:
    """Writes the event and the messages it causes; returns the event's id."""
    session.flush()
    author = session.get(Person, said.by) if said.by else None
    [event_id] = events.record(
        session,
        Fact(
            verb=said.verb,
            subject_kind="ticket",
            subject_id=ticket.id,
            at=said.at,
            account=ticket.account,
            actor_id=said.by,
            capacity=said.side,
            area_id=ticket.area_id,
            detail={"whistle": whistle.id, **said.detail},
            words=seal_for(author.own_key, said.words) if author and said.words else None,
            parties=said.parties,
            context=facts.context(session, ticket)
            | {"whistle_kind": whistle.kind, "words": said.words or "", **said.context},
            quiet=_quiet(whistle, ticket, said.parties),
            expires_at=said.expires_at,
        ),
    )
    return event_id


def of_call(call: WhistleCall) -> dict[str, Any]:
    """The plain facts of one department for templates; no person's name is among them."""
    return {
        "department": call.department,
        "call_state": call.state,
        "check_in_due": call.check_in_due_at.isoformat(),
        "result_due": call.result_due_at.isoformat(),
    }


def results(session: Session, calls: Sequence[WhistleCall]) -> list[dict[str, str]]:
    """What came out, a department each; who sent it back is left out."""
    found = []
    for call in calls:
        if call.state == CallState.ANSWERED:
            found.append({"department": call.department, "text": words_of(session, call)})
    return found


def words_of(session: Session, call: WhistleCall) -> str:
    """What a department said at the end; nothing once its author is erased."""
    note = session.get(Note, call.note_id) if call.note_id else None
    return (note.text if note else None) or ""


def words_along(session: Session, whistle: Whistle) -> str:
    """What the caller last said along with this whistle; who is called later reads it as well."""
    sounded = session.scalars(
        select(EveryEvent)
        .where(
            EveryEvent.subject_kind == "ticket",
            EveryEvent.subject_id == whistle.ticket_id,
            EveryEvent.verb == SOUNDED,
        )
        .order_by(EveryEvent.id.desc())
    )
    notes = (one.detail.get("note") for one in sounded if one.detail["whistle"] == whistle.id)
    found = (session.get(Note, one) for one in notes if one is not None)
    return next((note.text for note in found if note is not None and note.text), "")


def residents(session: Session, ticket: Ticket) -> dict[str, Sequence[int]]:
    people = facts.parties(session, ticket)
    return {part: people[part] for part in RESIDENTS}


def _quiet(whistle: Whistle, ticket: Ticket, parties: Mapping[str, Sequence[int]]) -> Quiet:
    """What residents hear can wait as ever; who is called urgently is called at any hour."""
    usual = facts.quiet_of(ticket.urgency, ticket.state)
    is_urgent = whistle.kind == WhistleKind.URGENT and ticket.state in OPEN
    if usual != Quiet.RESPECT or not is_urgent or parties.keys() & set(RESIDENTS):
        return usual
    return Quiet.AWAKE
