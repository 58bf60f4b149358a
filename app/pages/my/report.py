"""A problem told by a form: words, photos, a place; what it became is the page of its matter."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import jsonify, redirect, request, url_for

from app.pages.my import photos, picker
from app.pages.my.access import WITH_PHOTOS, page
from app.pages.my.received import kept_of, sealed
from app.pages.my.rendering import Answer, is_by_script, render
from app.pages.my.visit import Visit
from app.uploads import PhotoUnfit
from bots import forms
from bots.dialogue import Heard
from bots.forms import Form
from bots.handlers.intake import shown_words
from bots.rendering import kind
from bots.reporting import is_sure
from models import answered_requests, places
from models.errors import DomainError, NotFound, NothingSaid
from models.places import AreaKind
from models.tickets.recording import Channel

LONGEST = 1000
LONGEST_KEY = 64
FINGERPRINT = "page"  # the key alone tells forms apart: a draft may be mended before it is sent


@page("/report")
def report(visit: Visit) -> Answer:
    return _form(visit, {})


@page("/report", "POST", largest=WITH_PHOTOS)
def report_sent(visit: Visit) -> Answer:
    """Sent twice, from a phone that lost the answer, it is one matter all the same."""
    words = request.form.get("words", "").strip()[:LONGEST]
    if "pick" in request.form:
        return _form(visit, request.form)
    try:
        said = forms.heard(words, visit.office.lexicon(), visit.now)
        shots = photos.cleaned(request.files.getlist("photos"))
        received = _filed(visit, words, said, shots)
    except (NothingSaid, PhotoUnfit, NotFound) as refusal:
        return _form(visit, request.form, refusal), 422
    number = received["ticket"]
    address = url_for("my.matter", ticket_id=number, received=sealed(visit, received))
    # A script that followed a redirect would ask for that page, and the browser once more.
    return (jsonify(location=address), 201) if is_by_script() else redirect(address)


@page("/suggestion", "POST")
def suggestion(visit: Visit) -> Answer:
    """The class that these words would have, while they are typed."""
    words = request.form.get("words", "").strip()[:LONGEST]
    try:
        meant = forms.suggestion(words, visit.office.lexicon(), visit.now)
    except NothingSaid:
        return jsonify(label=None, words=[])
    label = kind(meant.category, meant.subcategory) if is_sure(meant) else None
    return jsonify(label=label, words=shown_words(meant))


@page("/places/<int:outer_id>/<any(building, unit):what>")
def places_in(visit: Visit, outer_id: int, what: str) -> Answer:
    """For the picker's next list."""
    with visit.reading() as session:
        found = places.listed_in(session, outer_id, AreaKind(what))
    return jsonify([{"id": area_id, "name": name} for area_id, name in found])


def _filed(visit: Visit, words: str, said: Heard, shots: photos.Shots) -> dict[str, Any]:
    """In one transaction with the note that this form was sent."""
    photos.write(visit, shots)
    key = request.form.get("key", "")[:LONGEST_KEY] or secrets.token_hex(16)
    with visit.writing() as session:
        who = visit.identity(session)
        sent = answered_requests.begin(session, who.id, key, FINGERPRINT, visit.now)
        if sent.body is None:
            area = picker.picked(session, request.form)
            names = photos.upload(session, visit, shots)
            form = Form(
                words,
                area_id=area.id if area else None,
                hides_reporter=request.form.get("hidden") == "1",
                photos=names,
            )
            filed = forms.file(session, who, form, said, Channel.PAGE, visit.now)
            sent.keep(kept_of(filed))
        return dict(sent.body)


def _form(visit: Visit, given: Mapping[str, str], refusal: DomainError | None = None) -> Answer:
    with visit.reading() as session:
        try:
            offered = picker.offered(session, visit.who.person_id, given, visit.now)
        except NotFound:
            offered = picker.offered(session, visit.who.person_id, {}, visit.now)
    return render(
        "report.html",
        offered=offered,
        given=given,
        key=given.get("key") or secrets.token_hex(16),
        problem=refusal.template if refusal else None,
        longest=LONGEST,
        most_photos=photos.MOST,
    )
