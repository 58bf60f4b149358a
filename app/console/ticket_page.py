"""What the page of one ticket shows, gathered in few looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from app.console.desk import Desk
from models.on_duty import Holder
from models.past import EveryEvent
from models.people import Person
from models.posts import Post, Role
from models.sealing import open_for
from models.takeovers import IS_OPEN, Takeover
from models.ticket_flow import ENDED, TRANSITIONS, Action, Capacity
from models.tickets import assigning
from models.tickets.actions import allowed_as
from models.tickets.step import Actor
from models.tickets.table import Assignment, Note, Part, Ticket

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
    post_id: int
    role: Role
    department: str | None
    name: str | None


def buttons(
    session: Session, desk: Desk, ticket: Ticket, held: frozenset[Capacity]
) -> list[Button]:
    by = Actor(desk.staff.person_id)
    found = allowed_as(held, session, ticket, by=by, at=desk.now)
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
        select(
            Assignment.part,
            Assignment.answer,
            Assignment.post_id,
            Post.role,
            Post.department,
            Person.name,
        )
        .join(Post, Post.id == Assignment.post_id)
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.ticket_id == ticket.id)
        .order_by(Assignment.id)
    )
    return [Asked(*row) for row in rows]


def owner_of(ticket: Ticket, posts: Sequence[Asked]) -> Asked | None:
    """Of all that were asked, who has it now."""
    mine = [one for one in posts if one.part == Part.OWNER and one.post_id == ticket.owner_post_id]
    return mine[-1] if mine else None


def conversation(session: Session, desk: Desk, ticket: Ticket) -> list[Said]:
    rows = session.execute(
        select(Note, Person.name, _holds_post(Note.author_id))
        .outerjoin(Person, Person.id == Note.author_id)
        .where(Note.ticket_id == ticket.id, Note.text.is_not(None))
        .order_by(Note.id)
    )
    found = []
    for note, name, holds_post in rows:
        # A report of their own, from before they were asked to work on it, is a neighbour's.
        side = _side(note.author_id, ticket, holds_post and note.came_with is None)
        is_mine = note.author_id == desk.staff.person_id
        shown = name if side == "staff" else None
        found.append(Said(note.text or "", note.at, side, shown, is_mine, note.for_reporter))
    return found


def timeline(session: Session, ticket: Ticket, supervisions: Sequence[int] = ()) -> list[Happened]:
    """From the events; words of somebody erased can not be read any more. Of supervisions it says
    what was done: their words are for who may read them."""
    rows = session.execute(
        select(EveryEvent, Person.name, Person.own_key, _holds_post(EveryEvent.actor_id))
        .outerjoin(Person, Person.id == EveryEvent.actor_id)
        .where(or_(_of("ticket", [ticket.id]), _of("supervision", supervisions)))
        .order_by(EveryEvent.id)
    )
    found = []
    for event, name, own_key, holds_post in rows:
        side = _side(event.actor_id, ticket, holds_post and event.capacity not in AS_RESIDENT)
        is_staff = side == "staff"
        is_told = is_staff and event.subject_kind == "ticket"
        words = open_for(own_key, event.words) if is_told else None
        shown = name if is_staff else None
        found.append(Happened(event.verb, event.at, side, shown, event.detail, words))
    return found


def talk_with_reporter(session: Session, ticket: Ticket) -> Takeover | None:
    """The takeover that is open with who reported it, about this ticket or another."""
    return session.scalars(
        select(Takeover).where(Takeover.resident_id == ticket.reporter_id, IS_OPEN)
    ).first()


def may_talk(
    desk: Desk, ticket: Ticket, held: frozenset[Capacity], under_way: Takeover | None
) -> bool:
    """Whether this desk may take over the chat now, if nobody has."""
    return (
        Capacity.SUPERVISOR in held
        and ticket.state not in ENDED
        and ticket.reporter_id != desk.staff.person_id
        and (under_way is None or under_way.hands_back_at <= desk.now)
    )


def _holds_post(person_id: Any) -> Any:
    """Whose name may be read: who holds, or held, a post. Residents' names may not."""
    return exists(select(Post.id).where(Post.person_id == person_id))


def _of(kind: str, ids: Sequence[int]) -> ColumnElement[bool]:
    return and_(EveryEvent.subject_kind == kind, EveryEvent.subject_id.in_(ids))


def _side(person_id: int | None, ticket: Ticket, acts_for_post: bool) -> str:
    if person_id is None:
        return "clock"
    if person_id == ticket.reporter_id:
        return "reporter"
    return "staff" if acts_for_post else "neighbour"
