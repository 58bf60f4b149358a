"""The notices of a desk: lists, one notice with its steps, objections and their answers."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.acting import FieldUnfit
from app.console.desk import Desk
from app.console.notice_page import shown
from app.console.rendering import render, status_of, words_of
from models.errors import DomainError, NotFound
from models.localtime import SHANGHAI, local
from models.notices import actions, chain, objections
from models.notices import desk as lists
from models.notices.desk import Group, Sight, sight_of
from models.notices.flow import NoticeAction
from models.notices.table import ArchiveLink, Notice, Objection, kinds
from models.publicity import dues

LONGEST_ANSWER = 500
LATEST_LINKS = 20
CHECKED_LINKS = 200  # each time the page is opened; all of them when somebody asks

Change = Callable[[Session, Notice], None]


@page("/notices")
def notices(desk: Desk) -> Any:
    wanted, before = lists.wanted_of(request.args), _number(request.args.get("before", ""))
    with desk.reading() as session:
        sight = sight_of(session, desk.staff.person_id, desk.now)
        counts = lists.counts(session, sight, wanted)
        found = lists.rows(session, sight, wanted, before, lists.PAGE + 1)
        return render(
            "notices.html",
            rows=found[: lists.PAGE],
            next=found[lists.PAGE - 1].notice.id if len(found) > lists.PAGE else None,
            counts=counts,
            groups=[one for one in Group if counts[one] or one in (Group.ALL, wanted.group)],
            wanted=wanted,
            query={name: request.args[name] for name in ("kind", "q") if request.args.get(name)},
            kinds=kinds(),
            may_write=bool(lists.places_to_write(session, sight, 1)),
            late=dues.count_late(session, sight.everywhere, local(desk.now).date()),
        )


@page("/notices/<int:number>")
def notice(desk: Desk, number: int) -> Any:
    return _page(desk, number)


@page("/notices/<int:number>/act", "POST")
def notice_act(desk: Desk, number: int) -> Any:
    action = request.form.get("action", "")

    def change(session: Session, found: Notice) -> None:
        given = {"by": desk.staff.person_id, "at": desk.now}
        if action == NoticeAction.ASK_REVIEW:
            actions.ask_review(session, found, **given)
        elif action == NoticeAction.REVIEW:
            actions.review(session, found, **given)
        elif action == NoticeAction.SEND_BACK:
            actions.send_back(session, found, request.form.get("reason", ""), **given)
        elif action == NoticeAction.SCHEDULE:
            moment = _moment(request.form.get("publish_at", ""), desk.now)
            actions.schedule(session, found, publish_at=moment, **given)
        elif action == NoticeAction.WITHDRAW:
            actions.withdraw(session, found, **given)
        else:
            raise NotFound("no such action")

    return _changed(desk, number, action, change)


@page("/notices/<int:number>/objections/<int:objection_id>", "POST")
def objection_answer(desk: Desk, number: int, objection_id: int) -> Any:
    def change(session: Session, found: Notice) -> None:
        one = session.get(Objection, objection_id)
        sight = sight_of(session, desk.staff.person_id, desk.now)
        if one is None or one not in lists.objections_of(session, sight, found):
            raise NotFound(number=f"#{objection_id}")
        words = request.form.get("answer", "").strip()
        if len(words) > LONGEST_ANSWER:
            raise FieldUnfit(field="answer")
        objections.answer(session, one, words, by=desk.staff.person_id, at=desk.now)

    return _changed(desk, number, f"objection-{objection_id}", change)


@page("/notices/archive")
def notice_archive(desk: Desk) -> Any:
    """Whether the chain holds, in its latest links or on demand in all, and what they keep."""
    with desk.reading() as session:
        is_whole = "all" in request.args
        after = 0 if is_whole else max(0, chain.length(session) - CHECKED_LINKS)
        sight = sight_of(session, desk.staff.person_id, desk.now)
        latest = session.execute(
            select(ArchiveLink, Notice)
            .join(Notice, Notice.id == ArchiveLink.notice_id)
            .where(sight.condition())
            .order_by(ArchiveLink.position.desc())
            .limit(LATEST_LINKS)
        ).all()
        verdict = chain.verify(session, after=after)
        return render("notice_archive.html", verdict=verdict, after=after, latest=latest)


def _changed(desk: Desk, number: int, field: str, change: Change) -> Any:
    """What is refused is said beside what was typed; nothing of it is lost."""
    try:
        with desk.writing() as session:
            sight = sight_of(session, desk.staff.person_id, desk.now)
            change(session, lists.notice_in(session, sight, number))
    except NotFound:
        raise
    except DomainError as refusal:
        return _page(desk, number, {field: words_of(refusal)}), status_of(refusal)
    return redirect(url_for("console.notice", number=number, done=field))


def _page(desk: Desk, number: int, problem: Mapping[str, str] | None = None) -> str:
    with desk.reading() as session:
        sight: Sight = sight_of(session, desk.staff.person_id, desk.now)
        found = lists.notice_in(session, sight, number)
        return render(
            "notice.html",
            **shown(session, desk, sight, found),
            problem=problem or {},
            given=request.form,
            done=request.args.get("done", ""),
            now=desk.now,
        )


def _moment(text: str, now: datetime) -> datetime:
    """As the browser's field gives it, in Beijing time; nothing means now."""
    if not text:
        return now
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    except ValueError as unreadable:
        raise FieldUnfit(field="publish_at") from unreadable


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
