"""督办: the lists of who asks and who is asked, one supervision with its steps."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.changing import Act, Form, Problem, acted, calling, done_in
from app.console.desk import Desk
from app.console.fields import day_in, number_in
from app.console.grouped import page_of
from app.console.rendering import render
from app.console.undoing import act_of, last_step
from models.listed import PAGE
from models.supervisions import lists, sides, steps
from models.supervisions.asking import SupervisionUnfit
from models.supervisions.flow import SupervisionAction
from models.supervisions.lists import Group, group_of
from models.tickets.sight import sight_of
from models.tickets.table import Ticket

OFFERED = (
    *(SupervisionAction.ANSWER, SupervisionAction.CLOSE, SupervisionAction.ASK_AGAIN),
    *(SupervisionAction.TALK, SupervisionAction.MOVE_DAY, SupervisionAction.WITHDRAW),
)


@page("/supervisions")
def supervisions(desk: Desk) -> Any:
    by, group = desk.staff.person_id, group_of(request.args)
    before = number_in(request.args.get("before", ""))
    with desk.reading() as session:
        found = lists.rows(session, by, group, desk.now, before, PAGE + 1)
        return render(
            "supervisions.html",
            **page_of(found),
            counts=lists.counts(session, by, desk.now),
            group=group,
            groups=list(Group),
            may_ask=bool(sides.supervisors() & desk.staff.roles),
            now=desk.now,
        )


@page("/supervisions/<int:supervision_id>")
def supervision(desk: Desk, supervision_id: int) -> Any:
    return _page(desk, supervision_id, {})


@page("/supervisions/<int:supervision_id>", "POST")
def supervision_act(desk: Desk, supervision_id: int) -> Any:
    by = desk.staff.person_id
    return acted(
        desk,
        ACTS,
        lambda session: lists.row_in(session, supervision_id, by, desk.now).one,
        page="console.supervision",
        supervision_id=supervision_id,
        shown=lambda problem: _page(desk, supervision_id, problem),
    )


def _words(form: Form) -> str:
    return form.get("words", "")


def _day(_: Form) -> date:
    return day_of("day")


ACTS: Mapping[str, Act] = {
    SupervisionAction.ANSWER: calling(steps.answer, _words),
    SupervisionAction.CLOSE: calling(steps.close),
    SupervisionAction.ASK_AGAIN: calling(steps.ask_again, _words, _day),
    SupervisionAction.TALK: calling(steps.talk, _words, _day),
    SupervisionAction.MOVE_DAY: calling(steps.move_day, _day),
    SupervisionAction.WITHDRAW: calling(steps.withdraw, _words),
    "undo": act_of(steps),
}


def day_of(field: str) -> date:
    """Raises SupervisionUnfit where no day was given."""
    day = day_in(request.form.get(field, ""))
    if day is None:
        raise SupervisionUnfit(field="day")
    return day


def _page(desk: Desk, supervision_id: int, problem: Problem) -> str:
    by = desk.staff.person_id
    with desk.reading() as session:
        row = lists.row_in(session, supervision_id, by, desk.now)
        allowed = steps.allowed(session, row.one, by=by, at=desk.now)
        return render(
            "supervision.html",
            row=row,
            said=lists.said(session, row.one),
            tickets=_seen(session, desk, row.tickets),
            actions=[one for one in OFFERED if one in allowed],
            undoable=last_step(session, desk, steps, supervision_id),
            act=url_for("console.supervision_act", supervision_id=supervision_id),
            problem=problem,
            given=request.form,
            done=done_in("supervision_done"),
            now=desk.now,
        )


def _seen(session: Session, desk: Desk, ids: Sequence[int]) -> list[tuple[int, Ticket | None]]:
    """Each ticket, as far as the ticket itself may be seen."""
    found = {one.id: one for one in tickets_seen(session, desk, ids)}
    return [(number, found.get(number)) for number in ids]


def tickets_seen(session: Session, desk: Desk, ids: Sequence[int]) -> Sequence[Ticket]:
    sight = sight_of(session, desk.staff.person_id, desk.now)
    return session.scalars(
        select(Ticket).where(Ticket.id.in_(ids), sight.condition()).order_by(Ticket.id)
    ).all()
