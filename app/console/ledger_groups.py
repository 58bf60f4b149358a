"""What group robots did not bring into their groups 群消息, and what staff do about it."""

from typing import Any

from flask import redirect, request, url_for

from app.console.access import page
from app.console.desk import Desk
from app.console.fields import number_in
from app.console.rendering import render, status_of, words_of
from config.policy import load
from models.errors import AlreadyDone, NotFound
from models.ledger import groups
from models.ledger.acting import Act
from models.ledger.lists import reader_of
from models.tickets.asked import word_in

PAGE = 50


@page("/messages/groups")
def message_groups(desk: Desk) -> Any:
    return _shown(desk)


@page("/messages/groups/<int:message_id>", "POST")
def message_group_act(desk: Desk, message_id: int) -> Any:
    act = word_in(Act, request.form.get("act"))
    if act is None:
        raise NotFound(number=str(message_id))
    by = desk.staff.person_id
    try:
        with desk.writing() as session:
            reader = reader_of(session, by, desk.now)
            groups.do(session, reader, message_id, act, by=by, at=desk.now)
    except AlreadyDone as refusal:
        return _shown(desk, words_of(refusal)), status_of(refusal)
    return redirect(url_for("console.message_groups", done=act))


def _shown(desk: Desk, problem: str | None = None) -> str:
    with desk.reading() as session:
        reader = reader_of(session, desk.staff.person_id, desk.now)
        before = number_in(request.args.get("before", ""))
        found = groups.rows(session, reader, desk.now, before, PAGE + 1)
        return render(
            "message_groups.html",
            rows=found[:PAGE],
            next=found[PAGE - 1][0].id if len(found) > PAGE else None,
            total=groups.count(session, reader, desk.now),
            days=load("ledger")["days"],
            trouble_of=groups.trouble_of,
            acts_of=groups.acts_of,
            problem=problem,
            done=word_in(Act, request.args.get("done")),
        )
