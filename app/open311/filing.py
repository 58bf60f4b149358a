"""A request filed from outside becomes a ticket as 代录 does: understood, placed, joined, told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from msgspec import structs
from sqlalchemy.orm import Session

from app.open311 import photos
from app.open311.given import Given
from app.open311.refusals import KeyRefused, Unknown, Unusable
from bots import on_behalf, twins
from bots.lexicon import Lexicon
from bots.places_in_text import PlaceMention
from bots.rendering import render
from bots.understand import Understanding, understand
from config.categories import LAST_RESORT
from jobs.pictures import Picture
from models import outside_systems
from models.open311 import filings, lists
from models.open311.filings import Filing
from models.outside_systems import OutsideSystem, Power
from models.places import Area
from models.ticket_flow import Action
from models.tickets import facts, recording, supporting
from models.tickets.actions import apply
from models.tickets.opening import Report
from models.tickets.recording import Channel
from models.tickets.step import Actor
from models.tickets.table import Ticket


def system_of(session: Session, key: str, at: datetime) -> OutsideSystem:
    """Raises KeyRefused, in the same words for a wrong key and for one that may only read."""
    system = outside_systems.holder_of(session, key, at) if key else None
    if system is None or not system.may(Power.FILE):
        raise KeyRefused("api_key is missing, or may not file service requests")
    return system


def understood(given: Given, lexicon: Lexicon) -> Understanding:
    """Pure. The service that was chosen is the class; the words tell the rest."""
    meant = on_behalf.heard(given.words, lexicon)
    if given.address:
        meant = replace(meant, place=_place(meant.place, given.address, lexicon))
    if given.service is None:
        return meant
    is_same = given.service.key == meant.category
    kind = given.kind or (meant.subcategory if is_same else LAST_RESORT)
    return replace(meant, category=given.service.key, subcategory=kind, confidence=1.0)


def filed(
    session: Session,
    key: str,
    given: Given,
    meant: Understanding,
    at: datetime,
    shots: Sequence[Picture] = (),
) -> dict[str, Any]:
    """Asked again after a time-out it says what it said. The photos are written already."""
    system = filings.lock(session, system_of(session, key, at).id)
    mark = filings.fingerprint(given.whole)
    filing = filings.repeated(session, system.id, mark, at)
    if filing is None:
        ticket_id = _opened(session, system, given, meant, at)
        photos.hand_in(session, ticket_id, shots, at)
        filing = filings.keep(session, system.id, ticket_id, mark, at)
    return _said(session, filing)


def of_token(session: Session, token: str) -> dict[str, Any]:
    """Without a number while nobody may read it from outside."""
    filing = filings.with_token(session, token)
    if filing is None:
        raise Unknown("there is no service request of this token")
    found = lists.one(session, filing.ticket_id)
    return {"service_request_id": str(found.ticket.id) if found else None, "token": token}


def _place(mention: PlaceMention | None, address: str, lexicon: Lexicon) -> PlaceMention:
    """What the address names stands above what the words name."""
    named = understand(address, lexicon).place
    if named is not None and named.estate:
        return named
    return replace(mention or PlaceMention(), spot=address)


def _opened(
    session: Session, system: OutsideSystem, given: Given, meant: Understanding, at: datetime
) -> int:
    reporter_id = recording.reporter(session, given.name, given.phone, by=None, at=at)
    report = on_behalf.report_of(
        session,
        given.words,
        meant,
        reporter_id=reporter_id,
        area=_area(session, system, given.area_id),
        is_anonymous=given.hides_reporter,
    )
    if report.area_id is not None and not _acts_at(session, system, report.area_id):
        raise Unusable("the address lies outside of what this api_key may file for")
    if given.service is not None:
        report = structs.replace(report, is_class_known=True)
    # Who keeps the system must not learn that others complain of the same people.
    twin = None if report.about else twins.twin_of_report(session, report, at)
    note = _beside(given, report)
    opened = recording.record(session, report, Channel.OPEN311, note, by=reporter_id, at=at)
    if twin is not None:
        _join(session, opened.ticket_id, twin["ticket_id"], report, at)
    return opened.ticket_id


def _beside(given: Given, report: Report) -> str:
    """For staff: the address as it was written, where the place says less, and the photo's."""
    is_said = given.address in (report.place_name, report.spot)
    return "\n".join(filter(None, ("" if is_said else given.address, given.link)))


def _area(session: Session, system: OutsideSystem, area_id: int | None) -> Area | None:
    if area_id is None:
        return None
    if not _acts_at(session, system, area_id):
        raise Unknown("there is no place of this address_id")
    return session.get_one(Area, area_id)


def _acts_at(session: Session, system: OutsideSystem, area_id: int) -> bool:
    return outside_systems.acts_at(session, system, area_id)


def _join(session: Session, ticket_id: int, twin_id: int, report: Report, at: datetime) -> None:
    """A client can not be asked; staff part what is not the same."""
    ticket = session.get_one(Ticket, ticket_id)
    into = supporting.main_of(session, session.get_one(Ticket, twin_id))
    if supporting.may_join(session, ticket, into, report.reporter_id, at):
        apply(session, ticket, Action.MERGE, by=Actor(report.reporter_id), at=at, into=into)


def _said(session: Session, filing: Filing) -> dict[str, Any]:
    """A number is given where it opens something; else a token, for the day that it does."""
    found = lists.one(session, filing.ticket_id)
    way = {"service_request_id": str(found.ticket.id)} if found else {"token": filing.token}
    return way | {"service_notice": _notice(session, filing), "account_id": None}


def _notice(session: Session, filing: Filing) -> str:
    ticket = session.get_one(Ticket, filing.ticket_id)
    main = supporting.main_of(session, ticket)
    context = facts.context(session, main) | {"report": ticket.id, "about": ticket.about}
    return render("open311_filed", context | {"is_joined": main is not ticket})
