"""Intake on behalf 代录 of a caller or visitor, and the slip 受理回执 they take home."""

from typing import Any

import segno
from flask import redirect, request, url_for
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.places import choices
from app.console.rendering import render, status_of, words_of
from app.following import token_of
from bots import on_behalf
from bots.understand import Understanding
from config.policy import load
from models.errors import DomainError, NotFound
from models.places import Area, AreaKind, AreaWithin
from models.roster import persons, rights
from models.tickets import recording
from models.tickets.asked import number_in
from models.tickets.recording import BY_STAFF, Channel
from models.tickets.sight import sight_of, ticket_in
from models.tickets.table import Ticket

LONGEST_WORDS = 500
LONGEST_WISH = 100


class MatterUnfit(DomainError):
    """What stands in one field of the form can not be used."""

    template = "matter_unfit"


@page("/record")
def record_form(desk: Desk) -> Any:
    return _form(desk)


@page("/record", "POST")
def record(desk: Desk) -> Any:
    """The same words twice within two minutes are the button pressed twice: one ticket."""
    words = request.form.get("words", "").strip()[:LONGEST_WORDS]
    by = desk.staff.person_id
    try:
        if not words:
            raise MatterUnfit(field="words")
        meant = on_behalf.heard(words, desk.office.lexicon())
        with desk.writing() as session:
            number = recording.just_recorded(session, words, by=by, at=desk.now)
            if number is None:
                number = _recorded(session, desk, words, meant)
    except DomainError as refusal:
        return _form(desk, words_of(refusal)), status_of(refusal)
    return redirect(url_for("console.slip", ticket_id=number))


@page("/slips/<int:ticket_id>")
def slip(desk: Desk, ticket_id: int) -> Any:
    """For whoever entered it. What accuses the desk itself shows it no way to follow it."""
    by = desk.staff.person_id
    with desk.reading() as session:
        ticket = recording.recorded_by(session, ticket_id, by)
        address = _address(desk, ticket) if _sees(session, desk, ticket) else None
        return render(
            "slip.html",
            ticket=ticket,
            address=address,
            picture=segno.make(address, error="m").svg_data_uri(scale=5, border=2)
            if address
            else None,
            phones=load("phones")["emergency"],
            staff_name=desk.staff.name,
        )


def _recorded(session: Session, desk: Desk, words: str, meant: Understanding) -> int:
    form, by = request.form, desk.staff.person_id
    if form.get("channel") not in BY_STAFF:
        raise MatterUnfit(field="channel")
    phone = persons.phone_of(form.get("phone", ""))
    report = on_behalf.report_of(
        session,
        words,
        meant,
        reporter_id=recording.reporter(session, form.get("name", ""), phone, by=by, at=desk.now),
        area=_place(session, desk),
        is_anonymous=form.get("anonymous") == "1",
    )
    wish = form.get("wish", "").strip()[:LONGEST_WISH]
    channel = Channel(form["channel"])
    return recording.record(session, report, channel, wish, by=by, at=desk.now).ticket_id


def _place(session: Session, desk: Desk) -> Area | None:
    """None where nothing was chosen; a building by its number in what was."""
    chosen = number_in(request.form.get("area", ""))
    number = request.form.get("building", "").strip()
    if chosen is None:
        return None
    try:
        area = rights.area_in(session, _places(desk), chosen)
    except NotFound as outside:
        raise MatterUnfit(field="area") from outside
    return _building(session, area, number) if number else area


def _building(session: Session, area: Area, number: str) -> Area:
    """3 and 3号楼 are one; in a grid over several estates a number may mean two buildings."""
    found = session.scalars(
        select(Area)
        .join(AreaWithin, AreaWithin.area_id == Area.id)
        .where(
            AreaWithin.outer_id == area.id,
            Area.kind == AreaKind.BUILDING,
            or_(Area.number == number, Area.name == number),
        )
        .limit(2)
    ).all()
    if len(found) != 1:
        raise MatterUnfit(field="building")
    return found[0]


def _places(desk: Desk) -> tuple[int, ...]:
    return tuple(one.area_id for one in desk.staff.posts)


def _sees(session: Session, desk: Desk, ticket: Ticket) -> bool:
    try:
        ticket_in(session, sight_of(session, desk.staff.person_id, desk.now), ticket.id)
    except NotFound:
        return False
    return True


def _address(desk: Desk, ticket: Ticket) -> str:
    return f"{desk.settings.base_url}/p/follow/{token_of(ticket.id, desk.settings.secret_key)}"


def _form(desk: Desk, problem: str | None = None) -> str:
    with desk.reading() as session:
        return render(
            "record.html",
            places=choices(session, _places(desk), None),
            channels=BY_STAFF,
            given=request.form,
            problem=problem,
        )
