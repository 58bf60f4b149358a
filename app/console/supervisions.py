"""督办: the lists of who asks and who is asked, one supervision with its steps."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.fields import day_in, number_in
from app.console.rendering import render, status_of, words_of
from models.errors import DomainError, NotFound
from models.supervisions import lists, sides, steps
from models.supervisions.asking import SupervisionUnfit
from models.supervisions.flow import SupervisionAction
from models.supervisions.lists import Group, group_of
from models.supervisions.table import Supervision
from models.tickets.asked import word_in
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
        found = lists.rows(session, by, group, desk.now, before, lists.PAGE + 1)
        shown = found[: lists.PAGE]
        return render(
            "supervisions.html",
            rows=shown,
            counts=lists.counts(session, by, desk.now),
            group=group,
            groups=list(Group),
            next=shown[-1].one.id if len(found) > lists.PAGE else None,
            may_ask=bool(sides.supervisors() & desk.staff.roles),
            now=desk.now,
        )


@page("/supervisions/<int:supervision_id>")
def supervision(desk: Desk, supervision_id: int) -> Any:
    return _page(desk, supervision_id)


@page("/supervisions/<int:supervision_id>", "POST")
def supervision_act(desk: Desk, supervision_id: int) -> Any:
    action = word_in(SupervisionAction, request.form.get("action"))
    if action not in OFFERED:
        raise NotFound(number=f"#{supervision_id}")
    try:
        with desk.writing() as session:
            row = lists.row_in(session, supervision_id, desk.staff.person_id, desk.now)
            _act(session, desk, row.one, action)
    except NotFound:
        raise
    except DomainError as refusal:
        return _page(desk, supervision_id, {action: words_of(refusal)}), status_of(refusal)
    return redirect(url_for("console.supervision", supervision_id=supervision_id, done=action))


def _act(session: Session, desk: Desk, one: Supervision, action: SupervisionAction) -> None:
    by, at, words = desk.staff.person_id, desk.now, request.form.get("words", "")
    match action:
        case SupervisionAction.ANSWER:
            steps.answer(session, one, words, by=by, at=at)
        case SupervisionAction.CLOSE:
            steps.close(session, one, by=by, at=at)
        case SupervisionAction.ASK_AGAIN:
            steps.ask_again(session, one, words, day_of("day"), by=by, at=at)
        case SupervisionAction.TALK:
            steps.talk(session, one, words, day_of("day"), by=by, at=at)
        case SupervisionAction.MOVE_DAY:
            steps.move_day(session, one, day_of("day"), by=by, at=at)
        case _:
            steps.withdraw(session, one, words, by=by, at=at)


def day_of(field: str) -> date:
    """Raises SupervisionUnfit where no day was given."""
    day = day_in(request.form.get(field, ""))
    if day is None:
        raise SupervisionUnfit(field="day")
    return day


def _page(desk: Desk, supervision_id: int, problem: Mapping[str, str] | None = None) -> str:
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
            problem=problem or {},
            given=request.form if problem else {},
            done=word_in(SupervisionAction, request.args.get("done")),
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
