"""调解: confidential records, for their mediator and the posts that the table of rights names."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.fields import day_in, number_in
from app.console.grouped import page_of
from app.console.rendering import render, status_of, words_of
from config.policy import load
from models import access_log
from models.errors import DomainError, NotAllowed, NotFound
from models.listed import PAGE
from models.localtime import SHANGHAI, local
from models.mediations import keeping, lists, sides
from models.mediations.keeping import MediationUnfit, Party, Record
from models.mediations.table import Mediation, MediationFollowUp, MediationOutcome
from models.people import Person
from models.places import full_name
from models.roster.rights import Right, roles_with
from models.tickets.asked import word_in

Act = Callable[[Session, Desk, Mediation], None]


@page("/mediations")
def mediations(desk: Desk) -> Any:
    by, before = desk.staff.person_id, number_in(request.args.get("before", ""))
    with desk.reading() as session:
        found = lists.rows(session, by, desk.now, before, PAGE + 1)
        return render(
            "mediations.html",
            **page_of(found),
            total=lists.count(session, by, desk.now),
            counted=lists.counted(session, by, desk.now),
            may_keep=bool(roles_with(Right.MEDIATE) & desk.staff.roles),
            now=desk.now,
        )


@page("/mediations/new")
def mediation_new(desk: Desk) -> Any:
    return _form(desk)


@page("/mediations", "POST")
def mediation_keep(desk: Desk) -> Any:
    try:
        with desk.writing() as session:
            area_id = number_in(request.form.get("area", ""))
            if area_id is None:
                raise MediationUnfit(field="area")
            by = desk.staff.person_id
            number = keeping.keep(session, area_id, _record(), by=by, at=desk.now).id
    except DomainError as refusal:
        return _form(desk, words_of(refusal)), status_of(refusal)
    return redirect(url_for("console.mediation", mediation_id=number, done="keep"))


@page("/mediations/<int:mediation_id>")
def mediation(desk: Desk, mediation_id: int) -> Any:
    return _page(desk, mediation_id, "mediation.html")


@page("/mediations/<int:mediation_id>/sheet")
def mediation_sheet(desk: Desk, mediation_id: int) -> Any:
    """The agreement on paper, with lines to sign on."""
    return _page(desk, mediation_id, "mediation_sheet.html")


@page("/mediations/<int:mediation_id>", "POST")
def mediation_act(desk: Desk, mediation_id: int) -> Any:
    action = request.form.get("action", "")
    if action not in ACTS:
        raise NotFound(number=f"#{mediation_id}")
    try:
        with desk.writing() as session:
            one = sides.found(session, mediation_id, desk.staff.person_id, desk.now)
            ACTS[action](session, desk, one)
    except NotFound:
        raise
    except DomainError as refusal:
        problem = {action: words_of(refusal)}
        return _page(desk, mediation_id, "mediation.html", problem), status_of(refusal)
    if action == "hand_over":
        return redirect(url_for("console.mediations", done=action))
    return redirect(url_for("console.mediation", mediation_id=mediation_id, done=action))


def _change(session: Session, desk: Desk, one: Mediation) -> None:
    keeping.change(session, one, _record(), by=desk.staff.person_id, at=desk.now)


def _end(session: Session, desk: Desk, one: Mediation) -> None:
    outcome = word_in(MediationOutcome, request.form.get("outcome"))
    if outcome is None:
        raise MediationUnfit(field="outcome")
    keeping.end(session, one, outcome, by=desk.staff.person_id, at=desk.now)


def _plan(session: Session, desk: Desk, one: Mediation) -> None:
    day = day_in(request.form.get("day", ""))
    if day is None:
        raise MediationUnfit(field="day")
    keeping.plan_follow_up(session, one, day, by=desk.staff.person_id, at=desk.now)


def _follow_up(session: Session, desk: Desk, one: Mediation) -> None:
    row = session.get(MediationFollowUp, number_in(request.form.get("follow_up", "")) or 0)
    if row is None or row.mediation_id != one.id:
        raise NotFound(number=one.number)
    by, words = desk.staff.person_id, request.form.get("words", "")
    keeping.follow_up(session, one, row, words, by=by, at=desk.now)


def _hand_over(session: Session, desk: Desk, one: Mediation) -> None:
    to = number_in(request.form.get("mediator", "")) or 0
    keeping.hand_over(session, one, to, by=desk.staff.person_id, at=desk.now)


ACTS: Mapping[str, Act] = {
    "change": _change,
    "end": _end,
    "plan": _plan,
    "follow_up": _follow_up,
    "hand_over": _hand_over,
}


def _record() -> Record:
    """As the form has it; the moment in Beijing time."""
    form = request.form
    try:
        held_at = datetime.fromisoformat(form.get("held_at", "")).replace(tzinfo=SHANGHAI)
    except ValueError as unreadable:
        raise MediationUnfit(field="held_at") from unreadable
    parties = zip(form.getlist("name"), form.getlist("phone"), strict=False)
    return Record(
        held_at,
        form.get("place", ""),
        form.get("matter", ""),
        form.get("agreement", ""),
        [Party(name, phone) for name, phone in parties],
    )


def _page(
    desk: Desk, mediation_id: int, template: str, problem: Mapping[str, str] | None = None
) -> str:
    """That somebody looked is written down before anything is shown."""
    by = desk.staff.person_id
    with desk.writing() as session:
        one = sides.found(session, mediation_id, by, desk.now)
        access_log.record_mediation(session, by, one.id, desk.now)
        is_mediator = sides.is_mediator(session, one, by, desk.now)
        may_hand_over = sides.may_hand_over(session, one, by, desk.now)
        return render(
            template,
            one=one,
            area=full_name(session, one.area_id),
            mediator=session.get_one(Person, one.mediator_id).name or "",
            parties=keeping.parties_of(session, one),
            follow_ups=keeping.follow_ups(session, one),
            is_mediator=is_mediator,
            others=sides.mediators(session, one.area_id, desk.now) if may_hand_over else (),
            outcomes=list(MediationOutcome),
            rules=load("mediations"),
            problem=problem or {},
            given=request.form if problem else {},
            held_at=f"{local(one.held_at):%Y-%m-%dT%H:%M}",
            done=request.args.get("done"),
            now=desk.now,
        )


def _form(desk: Desk, problem: str | None = None) -> str:
    with desk.reading() as session:
        areas = sides.areas(session, desk.staff.person_id, desk.now)
        if not areas:
            raise NotAllowed(number="")
        return render(
            "mediation_new.html",
            areas=areas,
            rules=load("mediations"),
            problem=problem,
            given=request.form,
            held_at=f"{local(desk.now):%Y-%m-%dT%H:%M}",
        )
