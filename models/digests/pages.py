"""The lists behind the numbers of a digest, a page at a time."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from models.digests import affair_rows
from models.digests.sight import hidden_tickets
from models.digests.table import Digest, Section
from models.hazards import telling
from models.hazards.table import Hazard
from models.homes import LIVING, Home
from models.people import Person
from models.places import Area
from models.tickets.table import Ticket
from models.whistles.table import Whistle, WhistleCall

PAGE = 9


def tickets(session: Session, digest: Digest, ids: Sequence[int], now: datetime) -> list[Ticket]:
    """These tickets in this order; what has come to be about the reader meanwhile is left out."""
    found = {one.id: one for one in session.scalars(select(Ticket).where(Ticket.id.in_(ids)))}
    hidden = hidden_tickets(session, found.values(), [digest.person_id], now)
    return [found[one] for one in ids if one in found and one not in hidden[digest.person_id]]


def places(session: Session, ids: Sequence[int]) -> list[str]:
    """What these buildings are called, estate first."""
    estate = aliased(Area)
    rows = session.execute(
        select(Area.id, estate.name, Area.name)
        .outerjoin(estate, estate.id == Area.estate_id)
        .where(Area.id.in_(ids))
    )
    names = {area_id: f"{outer or ''}{name}" for area_id, outer, name in rows}
    return [names[one] for one in ids]


def persons(session: Session, ids: Sequence[int]) -> list[dict[str, str | None]]:
    """Whom to call: name and home, and nothing of the matter they wrote about."""
    building, estate = aliased(Area), aliased(Area)
    rows = session.execute(
        select(Person.id, Person.name, estate.name, building.name)
        .outerjoin(
            Home,
            (Home.person_id == Person.id) & Home.state.in_(LIVING) & Home.is_usual,
        )
        .outerjoin(building, building.id == Home.area_id)
        .outerjoin(estate, estate.id == building.estate_id)
        .where(Person.id.in_(ids))
    )
    found = {
        person_id: {"name": name, "home": f"{outer or ''}{inner}" if inner else None}
        for person_id, name, outer, inner in rows
    }
    return [found[one] for one in ids]


def late_check_ins(session: Session, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Departments and their tickets, as they stand now; no person is named."""
    rows = session.execute(
        select(WhistleCall, Ticket)
        .join(Whistle, Whistle.id == WhistleCall.whistle_id)
        .join(Ticket, Ticket.id == Whistle.ticket_id)
        .where(WhistleCall.id.in_(ids))
    )
    found = {
        call.id: {
            "department": call.department,
            "ticket_id": ticket.id,
            "place": ticket.place_name,
            "check_in_due": call.check_in_due_at.isoformat(),
            "came": at.isoformat() if (at := call.checked_in_at or call.closed_at) else None,
        }
        for call, ticket in rows
    }
    return [found[one] for one in ids]


def hazards(session: Session, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Where they are and what became of them; nobody's words."""
    found = {one.id: one for one in session.scalars(select(Hazard).where(Hazard.id.in_(ids)))}
    return [
        telling.place_of(found[one]) | {"hazard_id": one, "hazard_state": found[one].state}
        for one in ids
    ]


# Section → its rows; of every other, tickets.
ROWS: Mapping[Section, Callable[[Session, Sequence[int]], Sequence[Any]]] = {
    Section.SUPERVISIONS_LATE: affair_rows.supervisions,
    Section.SUPERVISIONS_TODAY: affair_rows.supervisions,
    Section.SUPERVISIONS_OPEN: affair_rows.supervisions,
    Section.LATE_CHECK_INS: late_check_ins,
    Section.OPERATIONS: affair_rows.operations,
    Section.HAZARDS: hazards,
    Section.MILESTONES_LATE: affair_rows.project_steps,
    Section.MILESTONES_SOON: affair_rows.project_steps,
    Section.LEGACY_LATE: affair_rows.legacy_steps,
    Section.LEGACY_SOON: affair_rows.legacy_steps,
    Section.FOLLOW_UPS: affair_rows.follow_ups,
    Section.VACANT: places,
    Section.UNREACHED: persons,
}


def page_of(digest: Digest, section: Section, page: int) -> list[int]:
    ids: list[int] = digest.sections[section]
    return ids[(page - 1) * PAGE : page * PAGE]


def pages(digest: Digest, section: Section) -> int:
    return -(-len(digest.sections[section]) // PAGE)
