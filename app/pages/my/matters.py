"""My matters: the list, one with its course, and everything its reporter may do about it."""

from collections.abc import Callable
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.pages.my import photos, picker
from app.pages.my.access import WITH_PHOTOS, page
from app.pages.my.matter_page import shown, unrated
from app.pages.my.received import mark_of, received_of
from app.pages.my.rendering import Answer, back_to, page_before, render
from app.pages.my.report import FINGERPRINT, LONGEST
from app.pages.my.visit import Visit
from bots import forms
from config.categories import categories
from models import answered_requests, media
from models.errors import NotFound, TooLate
from models.ticket_flow import Action
from models.tickets import mine, rating, refining, supporting
from models.tickets.actions import apply
from models.tickets.asked import number_in
from models.tickets.step import Actor
from models.tickets.table import Ticket

PAGE = 20
NOT_SOLVED, BEST = 0, 5


@page("/matters")
def matters(visit: Visit) -> Answer:
    person_id = visit.who.person_id
    with visit.reading() as session:
        found = mine.matters(session, person_id, before=page_before(), limit=PAGE + 1)
        waiting = {one.id for one in unrated(session, visit)}
        return render(
            "matters.html",
            matters=found[:PAGE],
            next=found[PAGE - 1].id if len(found) > PAGE else None,
            waiting=waiting,
            person_id=person_id,
        )


@page("/matters/<int:ticket_id>")
def matter(visit: Visit, ticket_id: int) -> Answer:
    with visit.reading() as session:
        ticket = mine.matter(session, visit.who.person_id, ticket_id)
        return render("matter.html", **shown(session, visit, ticket))


@page("/matters/<int:ticket_id>/supplement", "POST", largest=WITH_PHOTOS)
def supplement(visit: Visit, ticket_id: int) -> Answer:
    """Words that accuse who may read this matter become one of their own, as in chat."""
    words = request.form.get("words", "").strip()[:LONGEST]
    shots = photos.cleaned(request.files.getlist("photos"))
    said = forms.heard(words, visit.office.lexicon(), visit.now) if words or not shots else None
    photos.write(visit, shots)
    with visit.writing() as session:
        ticket = mine.matter(session, visit.who.person_id, ticket_id)
        main = supporting.main_of(session, ticket)
        if not main.is_open:
            raise TooLate(number=main.number)
        beside = main.id
        if said is not None:
            who = visit.identity(session)
            beside = forms.supplement(session, who, ticket, words, said, visit.now)
        names = photos.upload(session, visit, shots)
        media.hand_in(session, visit.who.person_id, names, beside)
        is_beside = beside == main.id
    if is_beside:
        return back_to("matter", "supplemented", ticket_id=ticket_id)
    return back_to("matter", "told_apart", ticket_id=beside)


@page("/matters/<int:ticket_id>/rate", "POST")
def rate(visit: Visit, ticket_id: int) -> Answer:
    """Not solved, or one or two stars: it is taken up again, once."""
    digit = number_in(request.form.get("stars", ""))
    if digit is None or digit > BEST:
        raise NotFound(number="")
    words = request.form.get("words", "").strip()[:LONGEST]
    said = forms.heard(words, visit.office.lexicon(), visit.now) if words else None
    by = visit.who.person_id
    with visit.writing() as session:
        ticket = mine.matter(session, by, ticket_id)
        if said is not None:
            forms.supplement(session, visit.identity(session), ticket, words, said, visit.now)
        given: dict[str, Any] = {"is_solved": digit > NOT_SOLVED, "stars": digit or None}
        main = supporting.main_of(session, ticket)
        reopens = rating.rate(session, main, **given, by=by, at=visit.now)
    return back_to("matter", "reopened" if reopens else "rated", ticket_id=ticket_id)


@page("/matters/<int:ticket_id>/split", "POST")
def split(visit: Visit, ticket_id: int) -> Answer:
    """Right after it was sent, and once, however often it is tapped."""
    with visit.reading() as session:
        words = mine.matter(session, visit.who.person_id, ticket_id).text or ""
    received = received_of(visit, ticket_id)
    if not received.get("parts"):
        raise NotFound(number="")
    said = forms.heard(words, visit.office.lexicon(), visit.now)
    is_as_shown = mark_of(one.text for one in said.parts) == received["parts"]
    with visit.writing() as session:
        who = visit.identity(session)
        asked = answered_requests.begin(
            session, who.id, f"split {ticket_id}", FINGERPRINT, visit.now
        )
        if asked.body is not None:
            return back_to("matters", "split")
        ticket = mine.matter(session, who.person_id, ticket_id)
        if not (is_as_shown and ticket.is_open and ticket.text == words):
            return back_to("matter", "not_split", ticket_id=ticket_id)
        asked.keep(forms.split(session, who, ticket, said, visit.now))
    return back_to("matters", "split")


@page("/matters/<int:ticket_id>/<any(urge, withdraw, hide, place, reclassify, join):step>", "POST")
def matter_step(visit: Visit, ticket_id: int, step: str) -> Answer:
    with visit.writing() as session:
        ticket = mine.matter(session, visit.who.person_id, ticket_id)
        STEPS[step](session, visit, ticket)
    return back_to("matter", step, ticket_id=ticket_id)


def _urge(session: Session, visit: Visit, ticket: Ticket) -> None:
    main = supporting.main_of(session, ticket)
    refining.urge(session, main, by=visit.who.person_id, at=visit.now)


def _withdraw(session: Session, visit: Visit, ticket: Ticket) -> None:
    apply(session, ticket, Action.WITHDRAW, by=Actor(visit.who.person_id), at=visit.now)


def _hide(session: Session, visit: Visit, ticket: Ticket) -> None:
    refining.hide_reporter(ticket, by=visit.who.person_id)


def _place(session: Session, visit: Visit, ticket: Ticket) -> None:
    """Of the reporter's alone; the place of a neighbour's matter is not theirs to set."""
    area = picker.picked(session, request.form)
    if area is None or ticket.reporter_id != visit.who.person_id:
        raise NotFound(number="")
    refining.place(session, ticket, area, by=visit.who.person_id, at=visit.now)


def _reclassify(session: Session, visit: Visit, ticket: Ticket) -> None:
    category, _, subcategory = request.form.get("class", "").partition(".")
    known = {one.key: {child.key for child in one.children} for one in categories()}
    if subcategory not in known.get(category, {None}):
        raise NotFound(number="")
    by = visit.who.person_id
    refining.reclassify(session, ticket, category, subcategory, by=by, at=visit.now)


def _join(session: Session, visit: Visit, ticket: Ticket) -> None:
    """Only what was offered when this one was sent."""
    into_id = received_of(visit, ticket.id).get("twin")
    if into_id is None:
        raise NotFound(number="")
    forms.join(session, visit.identity(session), ticket, into_id, visit.now)


STEPS: dict[str, Callable[[Session, Visit, Ticket], None]] = {
    "urge": _urge,
    "withdraw": _withdraw,
    "hide": _hide,
    "place": _place,
    "reclassify": _reclassify,
    "join": _join,
}
