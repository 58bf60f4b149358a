"""A supervision is written: about a ticket, those ticked in the list, or a project."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.console.access import page
from app.console.desk import Desk
from app.console.fields import number_in
from app.console.rendering import render, status_of, words_of
from app.console.supervisions import day_of, tickets_seen
from config.policy import load
from models.errors import DomainError, NotFound
from models.localtime import local
from models.on_duty import Holder
from models.projects import lists as projects
from models.projects.table import Project
from models.supervisions import asking, sides
from models.supervisions.asking import Wanted
from models.supervisions.table import Supervision
from models.tickets.table import Ticket


@page("/supervisions/new")
def supervision_new(desk: Desk) -> Any:
    return _form(desk, request.args)


@page("/supervisions/new", "POST")
def supervision_draft(desk: Desk) -> Any:
    """From the list of tickets, which posts what is ticked."""
    return _form(desk, request.form)


@page("/supervisions", "POST")
def supervision_ask(desk: Desk) -> Any:
    try:
        with desk.writing() as session:
            number = _ask(session, desk, _about(session, desk, request.form)).id
    except NotFound:
        raise
    except DomainError as refusal:
        return _form(desk, request.form, words_of(refusal)), status_of(refusal)
    return redirect(url_for("console.supervision", supervision_id=number, done="ask"))


@dataclass(frozen=True, slots=True)
class _About:
    """督办什么 — a project, or tickets; and whom one may ask about it."""

    project: Project | None
    tickets: Sequence[Ticket]
    choices: Sequence[Holder]


def _ask(session: Session, desk: Desk, about: _About) -> Supervision:
    post = number_in(request.form.get("post", ""))
    holder = next((one for one in about.choices if one.post_id == post), None)
    wanted = Wanted(holder, request.form.get("words", ""), day_of("day"))
    by, at = desk.staff.person_id, desk.now
    if about.project is not None:
        return asking.ask_about(session, about.project, wanted, by=by, at=at)
    return asking.ask(session, about.tickets, wanted, by=by, at=at)


def _about(session: Session, desk: Desk, given: MultiDict[str, str]) -> _About:
    """NotFound for what may not be seen, as for what there is not."""
    by = desk.staff.person_id
    number = number_in(given.get("project", ""))
    if number is not None:
        project = projects.row_in(session, number, by, desk.now).project
        return _About(project, (), sides.choices_for(session, project, by, desk.now))
    ids = [one for one in map(number_in, given.getlist("ids")) if one is not None]
    found = tickets_seen(session, desk, ids[: load("supervisions")["most_tickets"]])
    if not found:
        raise NotFound(number="")
    return _About(None, found, sides.choices(session, found, by, desk.now))


def _form(desk: Desk, given: MultiDict[str, str], problem: str | None = None) -> str:
    proposed = local(desk.now).date() + timedelta(days=load("supervisions")["usual_days"])
    with desk.reading() as session:
        return render(
            "supervision_new.html",
            about=_about(session, desk, given),
            problem=problem,
            given=given if problem else {"day": proposed.isoformat()},
            longest=load("supervisions")["longest_words"],
        )
