"""How an emergency went: who answered when, who was there when, how it ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import events
from models.events import Event, Fact
from models.on_duty import Holder
from models.past import EveryEvent
from models.people import Person
from models.posts import Post, Role
from models.protection import accused_persons, holders_for
from models.ticket_flow import EVENTS, Action
from models.tickets import facts
from models.tickets.step import Step
from models.tickets.table import Assignment, Ticket

ARRIVED = "emergency_arrived"
STOOD_DOWN = "emergency_stood_down"
REVIEWED = "emergency_reviewed"
READERS = frozenset({Role.COMMUNITY_STAFF})  # are sent it
ABOVE = frozenset({Role.SUBDISTRICT_STAFF, Role.DUTY_DESK})  # may ask for it

Said = dict[str, Any]
"""Who said it, as what, and how many minutes after the report."""


def tell(step: Step) -> None:
    """Community staff read it in place of the plain word that the matter has ended."""
    session, ticket = step.session, step.ticket
    readers = [one.person_id for one in _readers(session, ticket, step.at)]
    for part in ("owner", "helpers", "alerted"):
        step.parties[part] = [one for one in step.parties[part] if one not in readers]
    step.detail["led_to"] = events.record(
        session,
        Fact(
            verb=REVIEWED,
            subject_kind="ticket",
            subject_id=ticket.id,
            at=step.at,
            account=ticket.account,
            actor_id=step.actor.person_id,
            capacity=step.capacity,
            area_id=ticket.area_id,
            parties={"supervisors": readers},
            context=facts.context(session, ticket) | review(session, ticket, step.at),
            quiet=facts.quiet_of(ticket.urgency, step.old),
        ),
    )


def review(session: Session, ticket: Ticket, at: datetime) -> dict[str, Any]:
    """What the log holds since the matter was opened, or last opened again."""
    return {
        "opened_at": ticket.opened_at.isoformat(),
        "minutes": _minutes(ticket, at),
        "answered": _said(session, ticket, EVENTS[Action.ACCEPT]),
        "arrived": _said(session, ticket, ARRIVED),
        "stood_down": _said(session, ticket, STOOD_DOWN),
    }


def may_read(session: Session, ticket: Ticket, person_id: int, at: datetime) -> bool:
    """Community staff of the place and who is above them; never whom the matter is about."""
    if person_id in accused_persons(session, ticket, at):
        return False
    return any(
        one.person_id == person_id and one.role in READERS | ABOVE
        for one in holders_for(session, ticket, at)
    )


def standing(session: Session, ticket: Ticket, verb: str) -> list[Event]:
    """The events of that verb that nobody has taken back."""
    found = session.scalars(
        select(EveryEvent)
        .where(
            EveryEvent.subject_kind == "ticket",
            EveryEvent.subject_id == ticket.id,
            EveryEvent.verb.in_((verb, ARRIVED, EVENTS[Action.UNDO])),
            EveryEvent.at >= ticket.opened_at,
        )
        .order_by(EveryEvent.id)
    ).all()
    undone = {one.detail.get("undone_event") for one in found}
    for one in found:
        if one.id in undone:
            undone.update(one.detail.get("led_to", ()))
    return [one for one in found if one.verb == verb and one.id not in undone]


def _said(session: Session, ticket: Ticket, verb: str) -> list[Said]:
    """Each person once, in the order in which they said it."""
    first: dict[int, datetime] = {}
    for event in standing(session, ticket, verb):
        if event.actor_id is not None:
            first.setdefault(event.actor_id, event.at)
    return [
        {**known_as(session, ticket, person_id, at), "minutes": _minutes(ticket, at)}
        for person_id, at in first.items()
    ]


def known_as(session: Session, ticket: Ticket, person_id: int, at: datetime) -> Said:
    """By the post they were asked as, or else the one they hold around the place."""
    asked = session.execute(
        select(Post.role, Post.department)
        .join(Assignment, Assignment.post_id == Post.id)
        .where(Assignment.ticket_id == ticket.id, Assignment.person_id == person_id)
        .order_by(Assignment.id)
        .limit(1)
    )
    held = [(role, department) for role, department in asked] or [
        (one.role, one.department)
        for one in holders_for(session, ticket, at)
        if one.person_id == person_id
    ]
    role, department = held[0] if held else (None, None)
    name = session.get_one(Person, person_id).name
    return {"role": role, "department": department, "name": name}


def _readers(session: Session, ticket: Ticket, at: datetime) -> Sequence[Holder]:
    accused = accused_persons(session, ticket, at)
    return [
        one
        for one in holders_for(session, ticket, at)
        if one.role in READERS and one.person_id not in accused
    ]


def _minutes(ticket: Ticket, at: datetime) -> int:
    return int((at - ticket.opened_at).total_seconds() // 60)
