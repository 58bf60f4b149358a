"""Legacy problems of a desk, 一事一策: the lists, one problem, and every step on it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import request, url_for
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.acting import FieldUnfit
from app.console.changing import Act, Form, Problem, acted, calling, changed, done_in
from app.console.desk import Desk
from app.console.fields import number_in, words_in
from app.console.grouped import USUAL, grouped
from app.console.legacy_page import OUTCOMES, shown
from app.console.operation_forms import teams_in
from app.console.rendering import render
from app.console.undoing import act_of
from config.policy import load
from models.errors import NotFound
from models.legacy import desk as lists
from models.legacy import going, opening, undoing
from models.legacy.desk import Group, Sight, problem_in, sight_of
from models.legacy.flow import LegacyAction
from models.legacy.lists import note_of, waiting
from models.legacy.table import LegacyProblem, Milestone
from models.localtime import local
from models.tickets.asked import day_in, word_in
from models.tickets.sight import ticket_in

LONGEST_WORDS, LONGEST_PLAN = 300, 2000


@page("/legacy")
def legacy_problems(desk: Desk) -> Any:
    with desk.reading() as session:
        sight = _sight(session, desk)
        return render(
            "legacy_problems.html",
            **grouped(session, lists, sight, Group.OPEN, USUAL),
            today=sight.today,
            may_open_one=bool(sight.places),
        )


@page("/legacy/new")
def legacy_new(desk: Desk) -> Any:
    return _form(desk, {})


@page("/legacy/new", "POST")
def legacy_open(desk: Desk) -> Any:
    kept: list[int] = []

    def begin(session: Session) -> None:
        title = words_in(request.form, load("legacy")["longest_title"], "title")
        ticket = _ticket(session, _sight(session, desk), request.form)
        by = desk.staff.person_id
        kept.append(opening.open_problem(session, ticket, title, by=by, at=desk.now).id)

    return changed(
        desk,
        begin,
        field="form",
        done=lambda: url_for("console.legacy", number=kept[0], done="open"),
        shown=lambda problem: _form(desk, problem),
    )


@page("/legacy/<int:number>")
def legacy(desk: Desk, number: int) -> Any:
    return _page(desk, number, {})


@page("/legacy/<int:number>/act", "POST")
def legacy_act(desk: Desk, number: int) -> Any:
    return acted(
        desk,
        ACTS,
        lambda session: problem_in(session, _sight(session, desk), number),
        page="console.legacy",
        number=number,
        shown=lambda problem: _page(desk, number, problem),
    )


def _page(desk: Desk, number: int, problem: Problem) -> str:
    with desk.reading() as session:
        sight = _sight(session, desk)
        return render(
            "legacy.html",
            **shown(session, desk, sight, problem_in(session, sight, number)),
            problem=problem,
            given=request.form,
            done=done_in("legacy_done"),
            longest={"words": LONGEST_WORDS, "plan": LONGEST_PLAN},
        )


def _form(desk: Desk, problem: Problem) -> str:
    return render(
        "legacy_form.html",
        ticket=request.values.get("ticket", ""),
        title=request.form.get("title", ""),
        problem=problem,
        most=load("legacy")["longest_title"],
    )


def _sight(session: Session, desk: Desk) -> Sight:
    return sight_of(session, desk.staff.person_id, desk.now)


def _ticket(session: Session, sight: Sight, form: Form) -> Any:
    """FieldUnfit, in the same words, for a number nobody has and for a hidden one."""
    number = number_in(form.get("ticket", "").strip().removeprefix("#"))
    try:
        return ticket_in(session, sight.tickets, number or 0)
    except NotFound as hidden:
        raise FieldUnfit(field="ticket") from hidden


def _due_on(desk: Desk, form: Form) -> date:
    day = day_in(form.get("due_on", ""))
    if day is None or day < local(desk.now).date():
        raise FieldUnfit(field="due_on")
    return day


def _milestone(session: Session, found: LegacyProblem, form: Form) -> Milestone:
    wanted = number_in(form.get("milestone", ""))
    for one in waiting(session, found):
        if one.id == wanted:
            return one
    raise FieldUnfit(field="milestone")


def _words(form: Form) -> str:
    return words_in(form, LONGEST_WORDS)


def _plan(form: Form) -> str:
    return words_in(form, LONGEST_PLAN)


def _schedule(session: Session, desk: Desk, found: LegacyProblem, form: Form) -> None:
    title, day = _words(form), _due_on(desk, form)
    opening.schedule(session, found, title, day, by=desk.staff.person_id, at=desk.now)


def _join(session: Session, desk: Desk, found: LegacyProblem, form: Form) -> None:
    roles, named = teams_in(form)
    if not opening.join(session, found, roles, named, by=desk.staff.person_id, at=desk.now):
        raise FieldUnfit(field="nobody")


def _link(session: Session, desk: Desk, found: LegacyProblem, form: Form) -> None:
    ticket = _ticket(session, _sight(session, desk), form)
    opening.link(session, found, ticket, by=desk.staff.person_id, at=desk.now)


def _publish(session: Session, desk: Desk, found: LegacyProblem, form: Form) -> None:
    told = note_of(session, found, number_in(form.get("note", "")))
    going.publish(session, told, by=desk.staff.person_id, at=desk.now)


def _reach(session: Session, desk: Desk, found: LegacyProblem, form: Form) -> None:
    one = _milestone(session, found, form)
    going.reach(session, one, _words(form), by=desk.staff.person_id, at=desk.now)


def _postpone(session: Session, desk: Desk, found: LegacyProblem, form: Form) -> None:
    one, day = _milestone(session, found, form), _due_on(desk, form)
    going.postpone(session, one, day, _words(form), by=desk.staff.person_id, at=desk.now)


def _end(session: Session, desk: Desk, found: LegacyProblem, form: Form) -> None:
    outcome = word_in(OUTCOMES, form.get("outcome"))
    if outcome is None:
        raise FieldUnfit(field="outcome")
    going.end(session, found, outcome, _words(form), by=desk.staff.person_id, at=desk.now)


ACTS: Mapping[str, Act] = {
    LegacyAction.PLAN: calling(opening.plan, _plan),
    LegacyAction.SCHEDULE: _schedule,
    LegacyAction.JOIN: _join,
    LegacyAction.LINK: _link,
    LegacyAction.NOTE: calling(going.note, _words),
    LegacyAction.PUBLISH: _publish,
    LegacyAction.REACH: _reach,
    LegacyAction.POSTPONE: _postpone,
    LegacyAction.END: _end,
    "undo": act_of(undoing),
}
