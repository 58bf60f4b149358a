"""Notices where a resident lives: the list, one of them counted as read, objections to it."""

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.pages.my.access import page
from app.pages.my.rendering import Answer, back_to, page_before, render
from app.pages.my.visit import Visit
from models.errors import NotFound
from models.notices import lists, objections
from models.notices.table import Notice, Objection
from models.notices.telling import facts

PAGE = 20
LONGEST = 500


@page("/notices")
def notices(visit: Visit) -> Answer:
    with visit.reading() as session:
        person_id, before = visit.who.person_id, page_before()
        found = lists.latest_for(session, person_id, visit.now, PAGE + 1, before=before)
        return render(
            "notices.html",
            notices=[
                (facts(session, one), one.takes_objections(visit.now)) for one in found[:PAGE]
            ],
            next=found[PAGE - 1].id if len(found) > PAGE else None,
            has_home=visit.who.home_id is not None,
        )


@page("/notices/<int:number>")
def notice(visit: Visit, number: int) -> Answer:
    """Read by opening it; an older version leads to the one in force."""
    with visit.writing() as session:
        found = _seen(session, visit, number)
        lists.has_read(session, found, visit.who.person_id, visit.now)
        return render(
            "notice.html",
            notice=facts(session, found),
            body=found.body,
            takes_objections=found.takes_objections(visit.now),
            objections=_own(session, visit, found),
            longest=LONGEST,
        )


@page("/notices/<int:number>/object", "POST")
def objected(visit: Visit, number: int) -> Answer:
    words = request.form.get("words", "").strip()[:LONGEST]
    who = visit.who
    with visit.writing() as session:
        found = _seen(session, visit, number)
        objections.object_to(
            session, found, words, by=who.person_id, at=visit.now, account=who.account
        )
        return back_to("notice", "objected", number=found.id)


def _seen(session: Session, visit: Visit, number: int) -> Notice:
    found = lists.seen(session, number, visit.who.person_id, visit.now)
    if found is None:
        raise NotFound(number=str(number))
    return found


def _own(session: Session, visit: Visit, found: Notice) -> list[Objection]:
    return list(
        session.scalars(
            select(Objection)
            .where(Objection.notice_id == found.id, Objection.person_id == visit.who.person_id)
            .order_by(Objection.id)
        )
    )
