"""A supervision is written: about one ticket, or about those ticked in the list."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.fields import number_in
from app.console.rendering import render, status_of, words_of
from app.console.supervisions import day_of, tickets_seen
from config.policy import load
from models.errors import DomainError, NotFound
from models.localtime import local
from models.supervisions import asking, sides
from models.tickets.table import Ticket


@page("/supervisions/new")
def supervision_new(desk: Desk) -> Any:
    return _form(desk, request.args.getlist("ids"))


@page("/supervisions/new", "POST")
def supervision_draft(desk: Desk) -> Any:
    """From the list of tickets, which posts what is ticked."""
    return _form(desk, request.form.getlist("ids"))


@page("/supervisions", "POST")
def supervision_ask(desk: Desk) -> Any:
    by, given = desk.staff.person_id, request.form.getlist("ids")
    try:
        with desk.writing() as session:
            tickets = _tickets(session, desk, given)
            wanted = number_in(request.form.get("post", ""))
            offered = sides.choices(session, tickets, by, desk.now)
            holder = next((one for one in offered if one.post_id == wanted), None)
            words = request.form.get("words", "")
            day = day_of("day")
            made = asking.ask(session, tickets, holder, words, day, by=by, at=desk.now)
            number = made.id
    except NotFound:
        raise
    except DomainError as refusal:
        return _form(desk, given, words_of(refusal)), status_of(refusal)
    return redirect(url_for("console.supervision", supervision_id=number, done="ask"))


def _form(desk: Desk, given: Sequence[str], problem: str | None = None) -> str:
    proposed = local(desk.now).date() + timedelta(days=load("supervisions")["usual_days"])
    with desk.reading() as session:
        tickets = _tickets(session, desk, given)
        return render(
            "supervision_new.html",
            tickets=tickets,
            choices=sides.choices(session, tickets, desk.staff.person_id, desk.now),
            problem=problem,
            given=request.form if problem else {"day": proposed.isoformat()},
            longest=load("supervisions")["longest_words"],
        )


def _tickets(session: Session, desk: Desk, given: Sequence[str]) -> Sequence[Ticket]:
    """Those that may be seen; NotFound where there is none."""
    most = load("supervisions")["most_tickets"]
    ids = [one for one in map(number_in, given) if one is not None]
    found = tickets_seen(session, desk, ids[:most])
    if not found:
        raise NotFound(number="")
    return found
