"""A matter as its reporter, or who joined it, sees it: its course, and what may be done now."""

from collections.abc import Sequence
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.pages.my import photos, picker
from app.pages.my.received import mark_of, received_of
from app.pages.my.visit import Visit
from bots import forms
from bots.rendering import render
from bots.splitting import Part
from config.categories import categories
from config.policy import load
from models.legacy import lists as legacy
from models.legacy import telling
from models.legacy.flow import PUBLIC
from models.localtime import is_same_day
from models.protection import is_supporter
from models.ticket_flow import Action, State
from models.tickets import facts, lists, mine, supporting
from models.tickets.actions import can
from models.tickets.mine import Told
from models.tickets.step import Actor
from models.tickets.table import Ticket

SHOWN_WORDS = 3


def unrated(session: Session, visit: Visit) -> list[Ticket]:
    joined = lists.unrated_supported_by(session, visit.who.person_id, visit.now)
    return [*lists.unrated_by(session, visit.who.person_id), *joined]


def shown(session: Session, visit: Visit, ticket: Ticket) -> dict[str, Any]:
    """What the chat tells of it, with what may be done about it now."""
    person_id = visit.who.person_id
    main = supporting.main_of(session, ticket)
    is_mine = ticket.reporter_id == person_id
    received = received_of(visit, ticket.id) if is_mine else {}
    may = _may(session, visit, ticket, main)
    told = facts.context(session, main)
    return {
        "ticket": ticket,
        "main": told,
        "in_charge": render("in_charge", told),
        "is_merged": main.id != ticket.id,
        "is_mine": is_mine,
        "spot": ticket.spot if is_mine else None,
        "suspended_until": main.suspended_until,
        "steps": _course(session, ticket, main, person_id),
        "photos": photos.own_of(session, person_id, ticket.id, main.id),
        "words": _reason(ticket) if is_mine else [],
        "legacy": _legacy(session, main),
        "received": received,
        "parts": parts_of(visit, ticket, received),
        "sealed": request.args.get("received", ""),
        "emergency": load("phones")["emergency"],
        "calls": render("emergency_calls", {"emergency": ticket.emergency}),
        "twin": _twin(session, received),
        "may": may,
        "offered": picker.offered(session, person_id, {}, visit.now) if may["place"] else None,
        "categories": categories(),
    }


def parts_of(visit: Visit, ticket: Ticket, received: dict[str, Any]) -> Sequence[Part]:
    """The several matters of what was just sent, as long as they are one ticket with its words."""
    if not received.get("parts") or not ticket.is_open or not ticket.text:
        return ()
    parts = forms.heard(ticket.text, visit.office.lexicon(), visit.now).parts
    return parts if mark_of(one.text for one in parts) == received["parts"] else ()


def _course(session: Session, ticket: Ticket, main: Ticket, person_id: int) -> list[Told]:
    """As part of a neighbour's matter it takes that one's course."""
    steps = mine.timeline(session, ticket, person_id)
    if main.id == ticket.id:
        return steps
    joined_at = steps[-1].at if steps else ticket.opened_at
    return [*steps, *(one for one in mine.timeline(session, main, person_id) if one.at > joined_at)]


def _reason(ticket: Ticket) -> list[str]:
    """The few words that decided the class, as the chat shows them."""
    decided = [word for word, weight in ticket.evidence if weight > 0 and len(word) > 1]
    return decided[:SHOWN_WORDS]


def _twin(session: Session, received: dict[str, Any]) -> dict[str, Any] | None:
    """No more of a neighbour's than the chat tells who may join it."""
    found = session.get(Ticket, received["twin"]) if received.get("twin") else None
    if found is None:
        return None
    is_closed = found.hides_reporter or found.about is not None
    return {
        "place": found.place_name,
        "spot": None if is_closed else found.spot,
        "category": found.category,
        "subcategory": found.subcategory,
    }


def _legacy(session: Session, main: Ticket) -> dict[str, Any] | None:
    """The plan it is part of, once there is one to read."""
    problem = legacy.of_ticket(session, main.id)
    is_public = problem is not None and problem.state in PUBLIC
    return telling.facts(session, problem) if problem is not None and is_public else None


def _may(session: Session, visit: Visit, ticket: Ticket, main: Ticket) -> dict[str, bool]:
    """Which buttons there are: what the verbs would refuse has none."""
    person_id, now = visit.who.person_id, visit.now
    by = Actor(person_id)
    is_mine = ticket.reporter_id == person_id and ticket.reporter_left_at is None
    is_urged = main.urged_at is not None and is_same_day(main.urged_at, now)
    is_joined = is_supporter(session, main, person_id)
    return {
        "supplement": main.is_open and (is_mine or is_joined),
        "urge": main.is_open and not is_urged and (is_mine or is_joined),
        "withdraw": ticket.is_open and can(session, ticket, Action.WITHDRAW, by=by, at=now),
        "hide": is_mine and ticket.is_open and not ticket.hides_reporter,
        "reclassify": is_mine and ticket.is_open,
        "place": is_mine and ticket.is_open and ticket.area_id is None,
        "rate": (is_mine and ticket.state == State.RESOLVED)
        or (is_joined and main in lists.unrated_supported_by(session, person_id, now)),
    }
