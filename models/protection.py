"""What a person is to a ticket: the one answer to who may see, get and close it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import dispatch, on_duty
from models.claims import get_claimed
from models.dispatch_changes import changes_at
from models.errors import NotAllowed
from models.places import root_area_id
from models.posts import Role
from models.ticket_flow import Capacity
from models.tickets import concerned
from models.tickets.table import About, Assignment, Part, Ticket
from models.whistles.lists import was_called

SUPERVISING = frozenset(
    {Role.GRID_LEADER, Role.COMMUNITY_STAFF, Role.SUBDISTRICT_STAFF, Role.DUTY_DESK}
)


class Accusing(Protocol):
    """What tells whom a ticket is about: the ticket itself, or as much of its row."""

    @property
    def area_id(self) -> int | None: ...

    @property
    def about(self) -> About | None: ...

    @property
    def opened_at(self) -> datetime: ...

    @property
    def reported_at(self) -> datetime | None: ...


def accused_persons(session: Session, ticket: Accusing, now: datetime) -> frozenset[int]:
    """Whom the ticket is about: they hold a hidden post here, in whatever other role they act."""
    area_id = ticket.area_id or root_area_id(session)
    if ticket.about is None or area_id is None:
        return frozenset()
    # Opened again it is still about those who served here when it was first reported.
    since = ticket.reported_at or ticket.opened_at
    return dispatch.accused_at(session, area_id, ticket.about, since, now)


def capacities(
    session: Session, ticket: Ticket, person_id: int, now: datetime
) -> frozenset[Capacity]:
    """Everything this person is to this ticket; empty means they may not even see it."""
    found = set()
    if person_id == ticket.reporter_id and ticket.reporter_left_at is None:
        found.add(Capacity.REPORTER)
    if person_id in accused_persons(session, ticket, now):
        return frozenset(found)
    for part in active_parts(session, ticket, person_id):
        found.add(Capacity.OWNER if part == Part.OWNER else Capacity.HELPER)
    if any(
        one.person_id == person_id and one.role in SUPERVISING
        for one in holders_for(session, ticket, now)
    ):
        found.add(Capacity.SUPERVISOR)
    return frozenset(found)


def active_parts(session: Session, ticket: Ticket, person_id: int) -> list[Part]:
    """As what this person was asked and has not ended, the latest first."""
    asked = reversed(concerned.asked(session, ticket.id))
    return [one.part for one in asked if one.person_id == person_id and one.is_active]


def may_see(session: Session, ticket: Ticket, person_id: int, now: datetime) -> bool:
    """Reporter, who works on it or was called, who supervises the place; a supporter, its progress.

    Who has worked on it keeps sight of it after it ended, unless the ticket is about them.
    """
    if person_id == ticket.reporter_id or capacities(session, ticket, person_id, now):
        return True
    if person_id in accused_persons(session, ticket, now):
        return False
    took_part = select(Assignment.id).where(
        Assignment.ticket_id == ticket.id, Assignment.person_id == person_id
    )
    return (
        session.scalar(took_part.limit(1)) is not None
        or is_supporter(session, ticket, person_id)
        or was_called(session, ticket.id, person_id)
    )


def is_supporter(session: Session, ticket: Ticket, person_id: int) -> bool:
    return concerned.is_supporter(session, ticket.id, person_id)


def seen(
    session: Session, ticket_id: int, person_id: int, now: datetime, *, to_act: bool = False
) -> Ticket:
    """The ticket, if this person may see it. The same refusal for a wrong number and a hidden
    ticket, so that nobody learns from the answer which numbers exist.

    `to_act` claims it: what follows would, and finds it claimed.
    """
    found = get_claimed(session, Ticket, ticket_id) if to_act else session.get(Ticket, ticket_id)
    if found is None or not may_see(session, found, person_id, now):
        raise NotAllowed(number=f"#{ticket_id}")
    return found


def rule_of(session: Session, ticket: Ticket) -> dispatch.Rule:
    """The row of the dispatch table that applies to this ticket, where it is."""
    return dispatch.rule_for(
        ticket.category,
        ticket.urgency,
        ticket.intent,
        ticket.about,
        ticket.emergency,
        ticket.area_id is not None,
        changes_at(session, ticket.area_id),
    )


def holders_for(session: Session, ticket: Ticket, now: datetime) -> Sequence[on_duty.Holder]:
    """Everybody who serves the ticket's place; the whole house while the place is unknown."""
    area_id = ticket.area_id or root_area_id(session)
    return on_duty.holders_at(session, area_id, now) if area_id else ()
