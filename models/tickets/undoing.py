"""Takes back the last step: what the rows held before it is kept with its event."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from models.events import Event
from models.past import EveryEvent
from models.protection import accused_persons
from models.ticket_flow import EVENTS, UNDO_MINUTES, Action, Capacity
from models.tickets import concerned
from models.tickets.step import Actor
from models.tickets.table import Assignment, Ticket
from models.whistles.flow import VERBS

# Words and reminders beside the ticket change nothing that a step has changed.
BESIDE = VERBS | frozenset(
    {
        "ticket_counted",
        "ticket_deadlines_moved",
        "ticket_supplemented",
        "ticket_noted",
        "ticket_answered",
        "ticket_urged",
        "ticket_reminded_half",
        "ticket_reminded_most",
        "rating_reminded",
        "ticket_joined",
        "ticket_left",
        "supporter_rated",
        "emergency_unanswered",
        "emergency_unreached",
        "hotline_joined",
        "hotline_parted",
        "hotline_changed",
        "hotline_withdrawn",
        "hotline_returned",
        "hotline_due_set",
        "hotline_reminded",
        "hotline_overdue",
        "referral_asked",
        "referral_filed",
        "referral_failed",
        "referral_answered",
        "chat_taken_over",
        "chat_said",
        "chat_answered",
        "chat_handed_back",
    }
)

Snapshot = dict[str, dict[str, Any]]

_OF_TICKET = [column.name for column in Ticket.__table__.c]


def undoable(session: Session, ticket: Ticket, by: Actor, at: datetime) -> Event | None:
    """The last step, if this person took it lately and it can be taken back.

    An undo is not undone: what it removed is gone, and the step itself can be taken again.
    """
    if by.is_clock:
        return None
    last: Event | None = session.scalars(
        _events(ticket).where(Event.verb.not_in(BESIDE)).order_by(Event.id.desc()).limit(1)
    ).first()
    if last is None or last.actor_id != by.person_id or last.verb == EVENTS[Action.UNDO]:
        return None
    is_recent = at - last.at <= timedelta(minutes=UNDO_MINUTES)
    if not is_recent or not last.detail.get("before") or _leads_nowhere(session, ticket, last):
        return None
    return last


def _leads_nowhere(session: Session, ticket: Ticket, event: Event) -> bool:
    """Whether it would be merged again into what ended meanwhile or became part of another."""
    into = event.detail["before"].get("ticket", {}).get("merged_into")
    if into is None or into == ticket.merged_into:
        return False
    return not session.get_one(Ticket, into).is_open


def undo_capacity(session: Session, ticket: Ticket, by: Actor, at: datetime) -> Capacity | None:
    """Who took a step takes it back as what they were then: by now they may be nothing to it."""
    event = undoable(session, ticket, by, at)
    if event is None or event.capacity is None:
        return None
    capacity = Capacity(event.capacity)
    is_accused = by.person_id in accused_persons(session, ticket, at)
    return None if is_accused and capacity != Capacity.REPORTER else capacity


def has_acted(session: Session, ticket: Ticket, by: Actor) -> bool:
    mine = select(EveryEvent.id).where(
        EveryEvent.subject_kind == "ticket",
        EveryEvent.subject_id == ticket.id,
        EveryEvent.actor_id == by.person_id,
    )
    return not by.is_clock and session.scalars(mine.limit(1)).first() is not None


def is_last(session: Session, ticket: Ticket, event: Event) -> bool:
    """Whether nothing at all was recorded since."""
    since = _events(ticket).where(Event.id > event.id).limit(1)
    return session.scalars(since).first() is None


def snapshot(session: Session, ticket: Ticket) -> Snapshot:
    """Every column of the ticket and of its assignments, as JSON can keep them."""
    found = {"ticket": {name: _plain(getattr(ticket, name)) for name in _OF_TICKET}}
    for one in concerned.asked(session, ticket.id):
        found[str(one.id)] = dict(zip(one._fields, map(_plain, one), strict=True))
    return found


def difference(before: Snapshot, after: Snapshot) -> Snapshot:
    """What the rows held before, where it is another thing now; new rows with nothing."""
    changed: Snapshot = {}
    for key, row in after.items():
        old = before.get(key)
        if old is None:
            changed[key] = {}
        elif different := {name: old[name] for name in row if row[name] != old[name]}:
            changed[key] = different
    return changed


def restore(session: Session, ticket: Ticket, before: Snapshot) -> None:
    for key, columns in before.items():
        row: Any = ticket if key == "ticket" else session.get(Assignment, int(key))
        if key != "ticket" and not columns:
            session.delete(row)
            continue
        mapper = inspect(row).mapper
        for name, value in columns.items():
            setattr(row, name, typed(mapper.columns[name].type, value))


def _events(ticket: Ticket) -> Any:
    return select(Event).where(Event.subject_kind == "ticket", Event.subject_id == ticket.id)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    return value.value if isinstance(value, StrEnum) else value


def typed(kind: Any, value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"at"}:
        return datetime.fromisoformat(value["at"])
    word = getattr(kind, "enum_class", None)
    return word(value) if word is not None and value is not None else value
