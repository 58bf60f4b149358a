"""The message ledger 消息台账: what did not arrive and why, what to do, and whom to phone."""

from typing import Any

from flask import redirect, request, url_for

from app.console.access import page
from app.console.desk import Desk
from app.console.fields import number_in
from app.console.rendering import render, status_of, words_of
from config.policy import load
from models.errors import AlreadyDone, NotFound, TooLate
from models.ledger import acting, lists
from models.ledger.acting import Act
from models.ledger.lists import Group, reader_of, wanted_of
from models.ledger.recipients import recipients
from models.ledger.wording import code_of, kind_of, trouble_of
from models.outbox import Channel, OutboxMessage
from models.tickets.asked import word_in

PAGE = 50
KEYS = ("group", "channel", "errcode", "day")
WORDS = {"kind_of": kind_of, "trouble_of": trouble_of, "code_of": code_of}


@page("/messages")
def messages(desk: Desk) -> Any:
    return _shown(desk, request.args.to_dict())


@page("/messages/<int:message_id>", "POST")
def message_act(desk: Desk, message_id: int) -> Any:
    query = {key: request.form.get(f"query_{key}", "") for key in KEYS}
    act = word_in(Act, request.form.get("act"))
    if act is None:
        raise NotFound(number=str(message_id))
    by = desk.staff.person_id
    try:
        with desk.writing() as session:
            reader = reader_of(session, by, desk.now)
            acting.do(session, reader, message_id, act, by=by, at=desk.now)
    except (AlreadyDone, TooLate) as refusal:
        return _shown(desk, query, words_of(refusal)), status_of(refusal)
    return redirect(url_for("console.messages", done=act, **_said(query)))


@page("/messages/calls")
def message_calls(desk: Desk) -> Any:
    return _calls(desk)


@page("/messages/<int:message_id>/told", "POST")
def message_told(desk: Desk, message_id: int) -> Any:
    """Of everything that stood in this entry of the list when it was shown."""
    by = desk.staff.person_id
    try:
        with desk.writing() as session:
            reader = reader_of(session, by, desk.now)
            acting.tell(session, reader, message_id, by=by, at=desk.now)
    except AlreadyDone as refusal:
        return _calls(desk, words_of(refusal)), status_of(refusal)
    return redirect(url_for("console.message_calls", done="1"))


def _shown(desk: Desk, query: dict[str, str], problem: str | None = None) -> str:
    wanted, by = wanted_of(query), desk.staff.person_id
    with desk.reading() as session:
        reader = reader_of(session, by, desk.now)
        before = number_in(query.get("before", ""))
        found = lists.rows(session, reader, wanted, desk.now, before, PAGE + 1)
        shown = found[:PAGE]
        return render(
            "messages.html",
            rows=shown,
            whom=recipients(session, reader, shown, desk.now),
            counts=lists.counts(session, reader, wanted, desk.now),
            wanted=wanted,
            days=load("ledger")["days"],
            query=_said(query),
            groups=list(Group),
            channels=list(Channel),
            acts_of=_acts(desk),
            next=shown[-1].id if len(found) > PAGE else None,
            problem=problem,
            done=word_in(Act, query.get("done")),
            **WORDS,
        )


def _calls(desk: Desk, problem: str | None = None) -> str:
    with desk.reading() as session:
        reader = reader_of(session, desk.staff.person_id, desk.now)
        before = number_in(request.args.get("before", ""))
        found = lists.calls(session, reader, desk.now, before, PAGE + 1)
        shown = found[:PAGE]
        return render(
            "message_calls.html",
            rows=shown,
            whom=recipients(session, reader, [one.message for one in shown], desk.now),
            days=load("ledger")["call_days"],
            total=shown[0].total if shown else 0,
            next=shown[-1].message.id if len(found) > PAGE else None,
            problem=problem,
            done=request.args.get("done"),
            **WORDS,
        )


def _acts(desk: Desk) -> Any:
    def acts_of(message: OutboxMessage) -> list[Act]:
        return acting.acts_of(message, desk.now)

    return acts_of


def _said(query: dict[str, str]) -> dict[str, str]:
    return {key: query[key] for key in KEYS if query.get(key)}
