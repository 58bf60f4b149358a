"""What residents said that met no answer 未答问题: grouped, settled, counted afterwards."""

from collections.abc import Sequence
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.fields import number_in
from app.console.rendering import render
from bots.lexicon import Lexicon
from bots.unanswered import Group, accuses, answered_later, group_of, grouped
from config.policy import load
from models.errors import NotFound
from models.unanswered import lists, settling
from models.unanswered.later import Later, later
from models.unanswered.lists import Reader, Saying, Settled

PAGE = 30


@page("/unanswered")
def unanswered(desk: Desk) -> Any:
    area_id, first = number_in(request.args.get("area", "")), _first()
    with desk.reading() as session:
        reader = _reader(session, desk)
        found = groups(session, desk, reader, area_id)
    return render(
        "unanswered.html",
        groups=found[first : first + PAGE],
        total=len(found),
        said=sum(len(one.texts) for one in found),
        next=first + PAGE if len(found) > first + PAGE else None,
        area_id=area_id,
        communities=reader.communities,
        rules=load("unanswered"),
        done=request.args.get("done"),
        number=number_in(request.args.get("open", "")),
    )


@page("/unanswered/settled")
def unanswered_settled(desk: Desk) -> Any:
    before = number_in(request.args.get("before", ""))
    with desk.reading() as session:
        reader = _reader(session, desk)
        found = lists.settlements(session, before, PAGE + 1)
        texts = lists.settled(session, reader, [one.id for one in found[:PAGE]])
        after = later(session, reader)
        lexicon = desk.office.lexicon()
        rows = [
            (one, texts[one.id], _later(one, texts[one.id], after, lexicon))
            for one in found[:PAGE]
            if one.id in texts
        ]
        return render(
            "unanswered_settled.html",
            rows=rows,
            next=found[PAGE - 1].id if len(found) > PAGE else None,
            looked_at=load("unanswered")["later_looked_at"],
            done=request.args.get("done"),
        )


@page("/unanswered/settled/<int:number>", "POST")
def unanswered_reopen(desk: Desk, number: int) -> Any:
    by = desk.staff.person_id
    with desk.writing() as session:
        settling.reopen(session, _reader(session, desk), number, by=by, at=desk.now)
    return redirect(url_for("console.unanswered_settled", done="1"))


def groups(session: Session, desk: Desk, reader: Reader, area_id: int | None = None) -> list[Group]:
    """All that wait, as somebody may read them."""
    lexicon = desk.office.lexicon()
    texts = [
        one
        for one in lists.waiting(session, reader, desk.now)
        if area_id in (None, one.community_id)
        and (one.source.ticket_id is not None or not accuses(one.text, lexicon))
    ]
    return grouped(texts, lexicon)


def group_at(session: Session, desk: Desk, reader: Reader, key: str) -> Group:
    """The group in which this text stands; NotFound, in the same words, for what is hidden."""
    found = group_of(groups(session, desk, reader), key)
    if found is None:
        raise NotFound(number=key)
    return found


def _first() -> int:
    """Where a page of the list begins."""
    return number_in(request.args.get("from", "")) or 0


def _reader(session: Session, desk: Desk) -> Reader:
    return lists.reader_of(session, desk.staff.person_id, desk.now)


def _later(one: Settled, texts: Sequence[Saying], after: Sequence[Later], lexicon: Lexicon) -> int:
    return answered_later(one.settlement, [text.text for text in texts], after, lexicon)
