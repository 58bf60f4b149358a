"""What the words about a ticket are filled with, and whom they concern."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from config.categories import Urgency
from models.events import Fact
from models.outbox import Quiet
from models.people import Person
from models.posts import Post
from models.reference import looked_up
from models.statements import Statement
from models.ticket_flow import OPEN, State
from models.tickets import concerned
from models.tickets.table import Part, Ticket

_ID: Any = bindparam("id", required=True)
_OWNER = Statement(
    select(Post.role, Post.department, Person.name)
    .join(Person, Person.id == bindparam("owner_id", required=True))
    .where(Post.id == _ID)
)


def quiet_of(urgency: Urgency, state: State) -> Quiet:
    """Whether words about an open ticket may come at night; what has ended can wait."""
    if state not in OPEN or urgency == Urgency.NORMAL:
        return Quiet.RESPECT
    return Quiet.IGNORE if urgency == Urgency.EMERGENCY else Quiet.AWAKE


def context(session: Session, ticket: Ticket) -> dict[str, Any]:
    """The plain facts of a ticket for templates. Nothing in it tells who reported it."""
    owner: dict[str, Any] = {"owner_role": None, "owner_name": None, "owner_department": None}
    if ticket.owner_post_id:
        session.flush()  # for the Statements that follow
        key = ("owner", ticket.owner_post_id, ticket.owner_id)
        read = partial(_OWNER.run, session, id=ticket.owner_post_id, owner_id=ticket.owner_id)
        [(role, department, name)] = looked_up(session, key, read)
        owner = {"owner_role": role, "owner_department": department, "owner_name": name}
    return {
        "ticket_id": ticket.id,
        "text": ticket.text or "",
        "category": ticket.category,
        "subcategory": ticket.subcategory,
        "urgency": ticket.urgency,
        "intent": ticket.intent,
        "emergency": ticket.emergency,
        "place": ticket.place_name,
        "spot": ticket.spot,
        "state": ticket.state,
        "level": ticket.level,
        "accept_due": ticket.accept_due_at.isoformat(),
        "resolve_due": ticket.resolve_due_at.isoformat(),
        "outcome": ticket.outcome,
        "result": ticket.result,
        "households": ticket.households,
        **owner,
    }


def fact(
    session: Session, ticket: Ticket, verb: str, at: datetime, named: dict[str, Any], **more: Any
) -> Fact:
    """What happened to a ticket, as the log is told of it; `named` stands beside its own facts."""
    return Fact(
        verb=verb,
        subject_kind="ticket",
        subject_id=ticket.id,
        at=at,
        account=ticket.account,
        area_id=ticket.area_id,
        context=context(session, ticket) | named,
        **more,
    )


def parties(session: Session, ticket: Ticket) -> dict[str, Sequence[int]]:
    """Part in the matter → persons: who reported, who joined, who is asked."""
    asked = [one for one in concerned.asked(session, ticket.id) if one.is_active]
    return {
        "reporter": [] if ticket.reporter_left_at else [ticket.reporter_id],
        "supporters": concerned.supporters(session, ticket.id),
        "owner": [ticket.owner_id] if ticket.owner_id else [],
        "helpers": [one.person_id for one in asked if one.part == Part.HELPER],
        "alerted": [one.person_id for one in asked if one.part == Part.ALERTED],
    }
