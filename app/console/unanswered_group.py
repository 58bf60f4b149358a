"""One group of unanswered texts: an entry that answers them, a word to teach, or nothing to do."""

from dataclasses import dataclass
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.fields import number_in
from app.console.places import choices
from app.console.rendering import render, status_of, words_of
from app.console.unanswered import group_at
from bots.answering import NEW, answered
from bots.handlers.directory_answers import KIND, title_of
from bots.taught import POLICY
from bots.unanswered import Group
from config.categories import categories
from config.policy import load
from models import policies
from models.directory import actions
from models.directory import lists as directory
from models.directory.details import PARTICULARS, Details, EntryNotFit, Problem
from models.directory.lists import Listed
from models.directory.table import kinds
from models.errors import DomainError, NotFound
from models.roster.rights import area_in
from models.unanswered import lists, settling
from models.unanswered.lists import Reader
from models.unanswered.settling import Decision
from models.unanswered.table import Way


@dataclass(frozen=True, slots=True)
class Given:
    """填的答案 — what stands in the form of an entry, and for which area."""

    details: Details
    area_id: int | None


@page("/unanswered/<key>")
def unanswered_group(desk: Desk, key: str) -> Any:
    with desk.reading() as session:
        reader = lists.reader_of(session, desk.staff.person_id, desk.now)
        return _shown(session, desk, reader, key, group_at(session, desk, reader, key), None)


@page("/unanswered/<key>/answer", "POST")
def unanswered_answer(desk: Desk, key: str) -> Any:
    """Looked at first: which of the texts it would answer. Then kept, and they leave the list."""
    given, by = _given(), desk.staff.person_id
    if request.form.get("what") != "keep":
        return _tried(desk, key, given, None)
    try:
        with desk.writing() as session:
            reader = lists.reader_of(session, by, desk.now)
            texts = settling.chosen(session, reader, _keys(), desk.now)
            area_id = given.area_id or texts[0].community_id
            area = area_in(session, reader.sight.places, area_id or 0)
            entry = actions.add(session, given.details, area_id=area.id, by=by, at=desk.now)
            decision = Decision(Way.ANSWERED, entry_id=entry.number)
            settling.settle(session, texts, decision, by=by, at=desk.now)
    except NotFound:
        raise
    except DomainError as refusal:
        return _tried(desk, key, given, refusal)
    waiting = sum(one.is_open for one in texts)
    return redirect(url_for("console.unanswered", done=Way.ANSWERED, open=waiting or None))


@page("/unanswered/<key>/dismiss", "POST")
def unanswered_dismiss(desk: Desk, key: str) -> Any:
    by = desk.staff.person_id
    try:
        with desk.writing() as session:
            reader = lists.reader_of(session, by, desk.now)
            texts = settling.chosen(session, reader, _keys(), desk.now)
            decision = settling.dismissal(request.form.get("reason", ""))
            settling.settle(session, texts, decision, by=by, at=desk.now)
    except DomainError as refusal:
        return _tried(desk, key, None, refusal)
    return redirect(url_for("console.unanswered", done=Way.DISMISSED))


def _tried(desk: Desk, key: str, given: Given | None, refusal: DomainError | None) -> Any:
    with desk.reading() as session:
        reader = lists.reader_of(session, desk.staff.person_id, desk.now)
        group = group_at(session, desk, reader, key)
        answer = _shown(session, desk, reader, key, group, given, refusal)
    return (answer, status_of(refusal)) if refusal else answer


def _shown(
    session: Session,
    desk: Desk,
    reader: Reader,
    key: str,
    group: Group,
    given: Given | None,
    refusal: DomainError | None = None,
) -> str:
    details = given.details if given else _proposed(group)
    area_id = (given.area_id if given else None) or group.latest.community_id
    faults = _faults(details, area_id, desk) if given else []
    last = policies.current(session, POLICY)
    return render(
        "unanswered_group.html",
        key=key,
        group=group,
        communities=reader.communities,
        words=group.words(load("unanswered")["offered_words"]),
        details=details,
        kinds=kinds(),
        columns=load("directory")["column"],
        particulars=PARTICULARS,
        places=choices(session, reader.sight.places, area_id),
        area_id=area_id,
        chosen=set(_keys()) if request.method == "POST" else {one.key for one in group.texts},
        answers=_answers(session, desk, reader, group, details, area_id)
        if given and not faults
        else None,
        faults=faults,
        refusal=words_of(refusal) if refusal and not faults else None,
        after=last.version if last else policies.AS_SHIPPED,
        categories=categories(),
    )


def _answers(
    session: Session, desk: Desk, reader: Reader, group: Group, one: Details, area_id: int | None
) -> dict[str, bool]:
    """Of each text of the group, whether the entry would answer it."""
    area = area_in(session, reader.sight.places, area_id or 0)
    listed = Listed(NEW, one.kind, one.title, list(one.aliases), one.text, area.kind)
    beside = directory.searched(session, area.id, desk.now)
    texts = [text.text for text in group.texts]
    told = answered(listed, beside, texts, desk.office.lexicon())
    return {text.key: is_told for text, is_told in zip(group.texts, told, strict=True)}


def _proposed(group: Group) -> Details:
    """The shortest way it was asked, as a title; the others are told by their words."""
    shortest = min(group.texts, key=lambda one: (len(one.text), one.key))
    return Details(kind=KIND, title=title_of(shortest.text), aliases=tuple(group.words(2)))


def _faults(details: Details, area_id: int | None, desk: Desk) -> list[Problem]:
    try:
        actions.written(details, area_id=area_id or 0, by=desk.staff.person_id, at=desk.now)
    except EntryNotFit as unfit:
        return unfit.problems
    return []


def _given() -> Given:
    form = request.form
    details = Details(
        kind=form.get("kind", ""),
        title=form.get("title", ""),
        text=form.get("text", "").replace("\r\n", "\n"),
        aliases=tuple(form.get("aliases", "").split()),
        is_public_mobile=form.get("is_public_mobile") == "1",
        **{name: form.get(name) for name in PARTICULARS},
    )
    return Given(details.tidied(), number_in(form.get("area", "")))


def _keys() -> list[str]:
    """The texts that are meant; who leaves one out finds it on the list again."""
    return list(dict.fromkeys(request.form.getlist("texts")))
