"""Joint operations of a desk: the lists, one operation with its steps, its photos."""

from collections.abc import Mapping
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.acting import FieldUnfit
from app.console.changing import Act, Form, Problem, acted, calling, done_in
from app.console.desk import Desk
from app.console.fields import number_in, words_in
from app.console.grouped import USUAL, grouped
from app.console.operation_forms import teams_in
from app.console.operation_page import shown
from app.console.photos import picture
from app.console.rendering import render
from app.console.undoing import act_of
from models.errors import NotFound
from models.media import Media
from models.operations import desk as lists
from models.operations import ending, finding, planning, undoing
from models.operations.desk import Group, Sight, operation_in, sight_of
from models.operations.finding import Count
from models.operations.flow import OperationAction, Reply
from models.operations.lists import photo_in
from models.operations.table import Finding, Operation

LONGEST_WORDS, LONGEST_TITLE, LONGEST_SHEET = 200, 80, 5000


@page("/operations")
def operations(desk: Desk) -> Any:
    with desk.reading() as session:
        sight = _sight(session, desk)
        return render(
            "operations.html",
            **grouped(session, lists, sight, Group.ALL, USUAL),
            places=lists.places_to_plan(session, sight),
        )


@page("/operations/<int:number>")
def operation(desk: Desk, number: int) -> Any:
    return _page(desk, number, {})


@page("/operations/<int:number>/act", "POST")
def operation_act(desk: Desk, number: int) -> Any:
    return acted(
        desk,
        ACTS,
        lambda session: operation_in(session, _sight(session, desk), number),
        page="console.operation",
        number=number,
        shown=lambda problem: _page(desk, number, problem),
    )


@page("/operations/<int:number>/photos/<int:photo_id>")
def operation_photo(desk: Desk, number: int, photo_id: int) -> Any:
    with desk.reading() as session:
        found = operation_in(session, _sight(session, desk), number)
        if not photo_in(session, found, photo_id):
            raise NotFound("no such photo")
        return picture(desk, session.get(Media, photo_id))


def _page(desk: Desk, number: int, problem: Problem) -> str:
    with desk.reading() as session:
        found = operation_in(session, _sight(session, desk), number)
        return render(
            "operation.html",
            **shown(session, desk, found),
            problem=problem,
            given=request.form,
            done=done_in("operation_done"),
            longest={"words": LONGEST_WORDS, "title": LONGEST_TITLE, "sheet": LONGEST_SHEET},
        )


def _sight(session: Session, desk: Desk) -> Sight:
    return sight_of(session, desk.staff.person_id, desk.now)


def _words(form: Form) -> str:
    return words_in(form, LONGEST_WORDS)


def _invite(session: Session, desk: Desk, found: Operation, form: Form) -> None:
    roles, named = teams_in(form)
    if not planning.invite(session, found, roles, named, by=desk.staff.person_id, at=desk.now):
        raise FieldUnfit(field="nobody")


def _end(session: Session, desk: Desk, found: Operation, form: Form) -> None:
    title, body = words_in(form, LONGEST_TITLE, "title"), words_in(form, LONGEST_SHEET, "body")
    ending.end(session, found, title=title, body=body, by=desk.staff.person_id, at=desk.now)


def _reply(session: Session, desk: Desk, found: Operation, form: Form) -> None:
    answer, by = Reply(form["action"]), desk.staff.person_id
    planning.reply(session, found, answer, by=by, at=desk.now, words=_words(form))


def _find(session: Session, desk: Desk, found: Operation, form: Form) -> None:
    kind, count = form.get("kind", ""), number_in(form.get("count", "")) or 0
    row = finding.kinds().get(kind)
    if row is None or not finding.is_countable(count):
        raise FieldUnfit(field="count")
    is_settled = form.get("is_settled") == "1"
    told = Count(kind, row["label"], count, row["unit"], is_settled=is_settled)
    text = f"{finding.label_of(kind, row['label'], is_settled)}{count}{row['unit']}"
    words = "，".join(one for one in (text, _words(form)) if one)
    finding.add(session, found, [told], text=words, by=desk.staff.person_id, at=desk.now)


def _correct(session: Session, desk: Desk, found: Operation, form: Form) -> None:
    count = number_in(form.get("count", "")) or 0
    if not finding.is_countable(count):
        raise FieldUnfit(field="count")
    one = _finding(session, found, form)
    finding.correct(session, one, count=count, by=desk.staff.person_id, at=desk.now)


def _settle(session: Session, desk: Desk, found: Operation, form: Form) -> None:
    finding.settle(session, _finding(session, found, form), by=desk.staff.person_id, at=desk.now)


def _make_ticket(session: Session, desk: Desk, found: Operation, form: Form) -> None:
    one = _finding(session, found, form)
    finding.make_ticket(session, one, by=desk.staff.person_id, at=desk.now)


def _finding(session: Session, found: Operation, form: Form) -> Finding:
    one = session.get(Finding, number_in(form.get("finding", "")) or 0)
    if one is None or one.operation_id != found.id or one.retracted_at is not None:
        raise NotFound("no such finding")
    return one


ACTS: Mapping[str, Act] = {
    OperationAction.START: calling(planning.start),
    OperationAction.INVITE: _invite,
    OperationAction.CANCEL: calling(planning.cancel, _words),
    OperationAction.END: _end,
    OperationAction.SEND_BACK: calling(ending.send_back, _words),
    "approve": calling(ending.approve),
    Reply.COMING: _reply,
    Reply.DECLINED: _reply,
    OperationAction.FIND: _find,
    OperationAction.CORRECT: _correct,
    "settle": _settle,
    "make_ticket": _make_ticket,
    "undo": act_of(undoing),
}
