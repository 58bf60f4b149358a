"""How a hazard gets into the ledger: said by who found it, or drawn from a ticket."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.categories import Urgency
from config.policy import load
from models import events
from models.events import Fact
from models.hazards import rules, telling
from models.hazards.flow import Entry, Finder, HazardState
from models.hazards.table import Hazard
from models.insertion import Insertion
from models.on_duty import Holder
from models.tickets.table import About, Ticket


@dataclass(frozen=True, slots=True)
class Discovery:
    """发现 — what somebody says they found, understood and placed."""

    account: str
    finder_id: int
    found_by: Finder
    text: str
    category: str
    subcategory: str | None
    urgency: Urgency
    confidence: float
    evidence: Sequence[tuple[str, float]]
    about: About | None
    area_id: int | None
    community_id: int | None
    place_name: str | None
    spot: str | None
    round_id: int | None = None
    check_point_id: int | None = None


_COLUMNS = (
    *("account", "finder_id", "found_by", "entry", "text", "category", "subcategory", "urgency"),
    *("confidence", "evidence", "about", "area_id", "community_id", "place_name", "spot"),
    *("round_id", "check_point_id"),
    *("state", "ticket_id", "found_at", "moved_at", "moved_by", "clock_at"),
)
# Of a ticket, as it is; the words stay with it alone.
_SHARED = (
    *("account", "category", "subcategory", "urgency", "confidence", "evidence", "about"),
    *("area_id", "community_id", "place_name", "spot"),
)
_hazards = Insertion(Hazard.__table__, _COLUMNS, unique=["ticket_id"])


def find(session: Session, discovery: Discovery, state: HazardState, now: datetime) -> Hazard:
    """Enters what was found; one without a word on what became of it gets a clock."""
    shared = {name: getattr(discovery, name) for name in _SHARED if name != "evidence"}
    wait = timedelta(minutes=load("hazards")["pass_up_after_minutes"])
    row = {
        **shared,
        "evidence": [[word, weight] for word, weight in discovery.evidence],
        "finder_id": discovery.finder_id,
        "found_by": discovery.found_by,
        "entry": Entry.SAID,
        "text": discovery.text,
        "round_id": discovery.round_id,
        "check_point_id": discovery.check_point_id,
        "state": state,
        "ticket_id": None,
        "found_at": now,
        "moved_at": now,
        "moved_by": discovery.finder_id,
        "clock_at": now + wait if state == HazardState.FOUND else None,
    }
    session.flush()
    [hazard_id] = _hazards.run(session, [row])
    events.record(session, telling.found_fact(row, hazard_id))
    return session.get_one(Hazard, hazard_id)


def opened(
    session: Session,
    ticket_id: int,
    ticket: Mapping[str, Any],
    holders: Iterable[Holder],
    now: datetime,
) -> list[Fact]:
    """A report that was just opened enters by its class; costs nothing where it does not.

    `holders` serve its place: one of them who reports is no mere resident.
    """
    if not rules.belongs(
        ticket["category"], ticket["subcategory"], ticket["intent"], ticket["urgency"]
    ):
        return []
    roles = [one.role for one in holders if one.person_id == ticket["reporter_id"]]
    row = _row_of(ticket, ticket_id, ticket["reporter_id"], roles, Entry.CLASS, now)
    return [telling.found_fact(row, one) for one in _hazards.run(session, [row])]


def enter(
    session: Session, ticket: Ticket, roles: Iterable[str], entry: Entry, at: datetime
) -> Hazard | None:
    """A ticket enters afterwards; None when it stands there already. `roles`: its reporter's."""
    session.flush()
    columns = {name: getattr(ticket, name) for name in _SHARED}
    row = _row_of(columns, ticket.id, ticket.reporter_id, roles, entry, at)
    written = _hazards.run(session, [row])
    if not written:
        return None
    events.record(session, telling.found_fact(row, written[0]))
    return session.get_one(Hazard, written[0])


def of_ticket(session: Session, ticket_id: int) -> Hazard | None:
    return session.scalars(select(Hazard).where(Hazard.ticket_id == ticket_id)).first()


def _row_of(
    ticket: Mapping[str, Any],
    ticket_id: int,
    reporter_id: int,
    roles: Iterable[str],
    entry: Entry,
    at: datetime,
) -> dict[str, Any]:
    return {
        **{name: ticket[name] for name in _SHARED},
        "finder_id": reporter_id,
        "found_by": rules.finder_by(roles),
        "entry": entry,
        "text": None,
        "round_id": None,
        "check_point_id": None,
        "state": HazardState.PASSED_UP,
        "ticket_id": ticket_id,
        "found_at": at,
        "moved_at": at,
        "moved_by": None,
        "clock_at": None,
    }
