"""What the page of one ticket shows, gathered in few looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.desk import Desk
from models import media, takeovers
from models.dispatch import Holder
from models.events import Event
from models.people import Person
from models.posts import Post, Role
from models.sealing import open_for
from models.ticket_flow import ENDED, TRANSITIONS, Action, Capacity
from models.tickets import assigning
from models.tickets.actions import allowed
from models.tickets.step import Actor
from models.tickets.table import Assignment, Note, Ticket

# What the reporter alone decides stands in chat, also when the reporter is staff.
FOR_RESIDENTS = frozenset({Action.RATE, Action.WITHDRAW})
AS_RESIDENT = frozenset({Capacity.REPORTER, Capacity.SUPPORTER})
TO_HAND_ON = frozenset({Action.DISPATCH, Action.TRANSFER})


@dataclass(frozen=True, slots=True)
class Button:
    """按钮 — one action that may be taken now, and whether it has to be explained."""

    action: Action
    needs_reason: bool


@dataclass(frozen=True, slots=True)
class Said:
    """一句话 — words beside the ticket: whose they are, and whether the reporter read them."""

    text: str
    at: datetime
    side: str  # reporter, neighbour, staff
    name: str | None
    is_mine: bool
    is_for_reporter: bool


@dataclass(frozen=True, slots=True)
class Happened:
    """经过 — one line of the timeline."""

    verb: str
    at: datetime
    side: str  # reporter, neighbour, staff, clock
    name: str | None
    detail: Mapping[str, Any]
    words: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """被派的人 — one post that was asked, and its answer."""

    part: str
    answer: str
    role: Role
    name: str | None


def buttons(session: Session, desk: Desk, ticket: Ticket) -> list[Button]:
    by = Actor(desk.staff.person_id)
    found = allowed(session, ticket, by=by, at=desk.now)
    return [
        Button(action, TRANSITIONS[ticket.state, action].needs_reason)
        for action in found
        if action not in FOR_RESIDENTS
    ]


def holders(
    session: Session, desk: Desk, ticket: Ticket, offered: Sequence[Button]
) -> list[Holder]:
    """Whom it may be handed to, where it may be handed on at all."""
    if not TO_HAND_ON & {one.action for one in offered}:
        return []
    return assigning.paid_choices(session, ticket, desk.now)


def asked(session: Session, ticket: Ticket) -> list[Asked]:
    rows = session.execute(
        select(Assignment.part, Assignment.answer, Post.role, Person.name)
        .join(Post, Post.id == Assignment.post_id)
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.ticket_id == ticket.id)
        .order_by(Assignment.id)
    )
    return [Asked(*row) for row in rows]


def conversation(
    session: Session, desk: Desk, ticket: Ticket, workers: frozenset[int]
) -> list[Said]:
    rows = session.execute(
        select(Note, Person.name)
        .join(Person, Person.id == Note.author_id)
        .where(Note.ticket_id == ticket.id, Note.text.is_not(None))
        .order_by(Note.id)
    )
    found = []
    for note, name in rows:
        side = _side(note.author_id, ticket, workers)
        if note.came_with is not None and side == "staff":
            side = "neighbour"  # a report of their own, from before they were asked to work on it
        is_mine = note.author_id == desk.staff.person_id
        shown = name if side == "staff" else None
        found.append(Said(note.text or "", note.at, side, shown, is_mine, note.for_reporter))
    return found


def timeline(session: Session, ticket: Ticket, workers: frozenset[int]) -> list[Happened]:
    """From the events; words of somebody erased can not be read any more."""
    rows = session.execute(
        select(Event, Person.name, Person.own_key)
        .outerjoin(Person, Person.id == Event.actor_id)
        .where(Event.subject_kind == "ticket", Event.subject_id == ticket.id)
        .order_by(Event.id)
    )
    found = []
    for event, name, own_key in rows:
        side = _side(event.actor_id, ticket, workers)
        if side == "staff" and event.capacity in AS_RESIDENT:
            side = "neighbour"
        by_staff = side == "staff"
        words = open_for(own_key, event.words) if by_staff else None
        shown = name if by_staff else None
        found.append(Happened(event.verb, event.at, side, shown, event.detail, words))
    return found


def photos(session: Session, ticket: Ticket) -> Sequence[media.Media]:
    return media.photos_of(session, ticket.id)


def may_talk(session: Session, desk: Desk, ticket: Ticket, mine: frozenset[Capacity]) -> bool:
    """Whether this desk may take over the chat now, if nobody has."""
    return (
        Capacity.SUPERVISOR in mine
        and ticket.state not in ENDED
        and ticket.reporter_id != desk.staff.person_id
        and takeovers.of_resident(session, ticket.reporter_id, desk.now) is None
    )


def staff_in(session: Session, ticket: Ticket) -> frozenset[int]:
    """Who acted on it and holds, or held, a post: their names may be read, residents' may not."""
    acted = select(Event.actor_id).where(
        Event.subject_kind == "ticket", Event.subject_id == ticket.id
    )
    wrote = select(Note.author_id).where(Note.ticket_id == ticket.id)
    rows = session.scalars(
        select(Post.person_id).where(Post.person_id.in_(acted.union(wrote))).distinct()
    )
    return frozenset(rows) - {ticket.reporter_id}


def _side(person_id: int | None, ticket: Ticket, workers: frozenset[int]) -> str:
    if person_id is None:
        return "clock"
    if person_id == ticket.reporter_id:
        return "reporter"
    return "staff" if person_id in workers else "neighbour"
