"""Writing a notice: a new one, another text before it is out, a correction after; with previews."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.notice_page import preview
from app.console.rendering import render, status_of, words_of
from config.policy import load
from models.errors import DomainError, NotAllowed
from models.masking import masked
from models.notices import actions
from models.notices import desk as lists
from models.notices import lists as audience_lists
from models.notices.actions import NoticeUnfit, Reach
from models.notices.desk import Sight, sight_of
from models.notices.flow import AUTHORS, NoticeAction
from models.notices.rights import can, roles_of
from models.notices.table import EVERYBODY, Channel, Notice, NoticeState, audiences, kinds

NEW, REVISE, CORRECT = "new", "revise", "correct"
SAVE, ASK, PREVIEW = "save", "ask", "preview"
LONGEST_ID = 10


@dataclass(frozen=True, slots=True)
class Text:
    """表单内容 — what the form of a notice holds."""

    kind: str
    area_id: int | None
    title: str
    body: str
    audiences: tuple[str, ...]
    channels: tuple[Channel, ...]


@page("/notices/new")
def notice_new(desk: Desk) -> Any:
    empty = Text(next(iter(kinds())), None, "", "", (EVERYBODY,), tuple(Channel))
    return _form(desk, NEW, empty)


@page("/notices/new", "POST")
def notice_draft(desk: Desk) -> Any:
    return _kept(desk, NEW)


@page("/notices/<int:number>/text")
def notice_edit(desk: Desk, number: int) -> Any:
    with desk.reading() as session:
        found = _to_write(session, desk, number)
        text = Text(
            found.kind,
            found.area_id,
            found.title,
            found.body,
            tuple(audience_lists.audiences_of(session, found)),
            tuple(found.channels),
        )
        way = _way(found)
    return _form(desk, way, text, number)


@page("/notices/<int:number>/text", "POST")
def notice_text(desk: Desk, number: int) -> Any:
    with desk.reading() as session:
        way = _way(_to_write(session, desk, number))
    return _kept(desk, way, number)


def _kept(desk: Desk, way: str, number: int | None = None) -> Any:
    """Saved, or saved and a second person asked; a preview keeps nothing."""
    text, wish = _read(), request.form.get("do", SAVE)
    if wish == PREVIEW:
        return _form(desk, way, text, number, has_preview=True)
    try:
        with desk.writing() as session:
            found = _write(session, desk, way, text, number)
            if wish == ASK:
                actions.ask_review(session, found, by=desk.staff.person_id, at=desk.now)
            number = found.id
    except DomainError as refusal:
        if status_of(refusal) in (403, 404):
            raise
        field = str(refusal.context.get("field", "form"))
        problem = {field: words_of(refusal)}
        return _form(desk, way, text, number, problem), status_of(refusal)
    return redirect(url_for("console.notice", number=number, done=wish))


def _write(session: Session, desk: Desk, way: str, text: Text, number: int | None) -> Notice:
    given = {"title": text.title, "body": text.body, "by": desk.staff.person_id, "at": desk.now}
    reach = Reach(text.audiences, text.channels)
    if number is None:
        if text.area_id is None:
            raise NoticeUnfit("a notice is for an area", "area")
        return actions.draft(session, kind=text.kind, area_id=text.area_id, reach=reach, **given)
    found = _to_write(session, desk, number)
    if way == CORRECT:
        return actions.correct(session, found, **given)
    actions.revise(session, found, reach=reach, **given)
    return found


def _to_write(session: Session, desk: Desk, number: int) -> Notice:
    sight = sight_of(session, desk.staff.person_id, desk.now)
    found = lists.notice_in(session, sight, number)
    by = desk.staff.person_id
    if not any(
        can(session, found, one, by=by, at=desk.now)
        for one in (NoticeAction.REVISE, NoticeAction.CORRECT)
    ):
        raise NotAllowed(number=found.number)
    return found


def _way(found: Notice) -> str:
    is_out = found.state in (NoticeState.PUBLISHED, NoticeState.ARCHIVED)
    return CORRECT if is_out else REVISE


def _read() -> Text:
    form = request.form
    area = form.get("area", "")
    is_number = area.isascii() and area.isdigit() and len(area) < LONGEST_ID
    return Text(
        kind=form.get("kind", ""),
        area_id=int(area) if is_number else None,
        # Browsers end the lines of a text field with two characters.
        title=" ".join(form.get("title", "").split()),
        body=form.get("body", "").replace("\r\n", "\n"),
        audiences=tuple(form.getlist("audiences")),
        channels=tuple(Channel(one) for one in form.getlist("channels") if one in list(Channel)),
    )


def _form(
    desk: Desk,
    way: str,
    text: Text,
    number: int | None = None,
    problem: Mapping[str, str] | None = None,
    *,
    has_preview: bool = False,
) -> str:
    with desk.reading() as session:
        sight = sight_of(session, desk.staff.person_id, desk.now)
        places = lists.places_to_write(session, sight)
        if not places:
            raise NotAllowed(number="")
        return render(
            "notice_form.html",
            way=way,
            number=number,
            text=text,
            places=places,
            kinds=_kinds(sight),
            audiences=audiences(),
            channels=list(Channel),
            most=load("notices")["terms"],
            problem=problem or {},
            preview=_preview(session, desk, text) if has_preview else None,
        )


def _kinds(sight: Sight) -> dict[str, str]:
    """Those that one of this person's posts may write."""
    return {
        key: row["label"] for key, row in kinds().items() if sight.places(roles_of(AUTHORS, key))
    }


def _preview(session: Session, desk: Desk, text: Text) -> dict[str, Any]:
    """As it would come if it went out now. Nothing is kept: the notice is made and let go."""
    hidden = masked(text.title), masked(text.body).splitlines()
    shown = {"title": hidden[0], "lines": hidden[1], "chat": ""}
    if text.kind in kinds() and text.area_id is not None and text.title and text.body:
        thought = Notice(
            id=0,
            kind=text.kind,
            title=text.title,
            body=text.body,
            area_id=text.area_id,
            state=NoticeState.DRAFT,
            version=1,
            channels=[],
        )
        shown["chat"] = preview(session, thought, desk.now)
    return shown
