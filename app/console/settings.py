"""Settings 设置: what staff change over the files, looked at twice, kept as versions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy import false, or_, select
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.editable import (
    OFFERED,
    Body,
    Draft,
    Setting,
    Unfit,
    body_in_force,
    differences,
    find,
)
from app.console.rendering import render, status_of, words_of
from models import policies
from models.errors import DomainError, NotAllowed, NotFound, ReasonMissing, TooLate
from models.people import Person
from models.places import Area, AreaKind, inner_areas
from models.policies import AS_SHIPPED, ITEM, Policy
from models.tickets.asked import number_in

OURS = frozenset({"csrf_token", "of", "area", "after", "version", "reason", "what"})
Change = Callable[[Session, Setting, Mapping[str, Any]], Policy]

AREAS = (AreaKind.DISTRICT, AreaKind.SUBDISTRICT, AreaKind.COMMUNITY)  # that have their own


@page("/settings")
def settings(desk: Desk) -> Any:
    with desk.reading() as session:
        latest: dict[str, Policy] = {}
        changed: dict[str, int] = {}
        for one in policies.in_force(session, *OFFERED):
            subject = one.name.partition(ITEM)[0]
            changed[subject] = changed.get(subject, 0) + bool(one.body)
            latest[subject] = max(one, latest.get(subject, one), key=lambda two: two.revision)
        authors = _authors(session, latest.values())
    subjects = OFFERED.values()
    return render(
        "settings/list.html", subjects=subjects, latest=latest, changed=changed, authors=authors
    )


@page("/settings/edit")
def setting(desk: Desk) -> Any:
    return _edited(desk, request.args)


@page("/settings/look", "POST")
def setting_look(desk: Desk) -> Any:
    """A second look before saving; or back to the form, with what was typed."""
    draft = _typed()
    if request.form.get("what") == "edit":
        return _edited(desk, request.form, draft)
    return _second_look(desk, draft)


@page("/settings/publish", "POST")
def setting_publish(desk: Desk) -> Any:
    draft = _typed()

    def publish(session: Session, found: Setting, said: Mapping[str, Any]) -> Policy:
        body = found.body_in(session, draft)
        return policies.publish(session, found.name, body, area_id=found.area_id, **said)

    def refused(refusal: DomainError) -> Any:
        if isinstance(refusal, ReasonMissing):
            return _second_look(desk, draft, refusal)
        return _edited(desk, request.form, draft, refusal)

    return _kept(desk, publish, refused)


@page("/settings/version")
def setting_version(desk: Desk) -> Any:
    return _version(desk, request.args)


@page("/settings/revert", "POST")
def setting_revert(desk: Desk) -> Any:
    version = number_in(request.form.get("version", "")) or AS_SHIPPED

    def revert(session: Session, found: Setting, said: Mapping[str, Any]) -> Policy:
        body = policies.body_of(session, found.name, version, found.area_id)
        found.body_in(session, found.draft_of(body))  # the files may have moved on since
        return policies.revert(session, found.name, version, area_id=found.area_id, **said)

    return _kept(desk, revert, partial(_version, desk, request.form))


def _kept(desk: Desk, change: Change, refused: Callable[[DomainError], Any]) -> Any:
    """Makes a version in one transaction; what is refused leaves everything as it was typed."""
    reason = request.form.get("reason", "").strip()
    said = {"by": desk.staff.person_id, "at": desk.now, "reason": reason, "after": _after()}
    try:
        with desk.writing() as session:
            found = _found(desk, session, request.form)
            if not reason:
                raise ReasonMissing
            made = change(session, found, said)
            found.published(session, made)
            done = {"of": made.name, "area": made.area_id, "done": made.version}
    except (NotFound, NotAllowed):
        raise
    except DomainError as refusal:
        return refused(refusal)
    return redirect(url_for("console.setting", **done))


def _edited(
    desk: Desk,
    asked: Mapping[str, str],
    draft: Draft | None = None,
    refusal: DomainError | None = None,
) -> Any:
    """The form, with what was typed or else what is in force."""
    with desk.reading() as session:
        found = _found(desk, session, asked)
        version, body = body_in_force(session, found)
        history = policies.history(session, found.name, found.area_id)
        shown = _shared(desk, session, found, history) | {
            "draft": found.draft_of(body) if draft is None else draft,
            # Who comes back from a refusal has looked at the version they began with.
            "after": version if draft is None or isinstance(refusal, TooLate) else _after(),
            "history": history,
            "areas": _areas(session, desk, found),
            **_refusal(refusal),
            "in_force": found.lines(body),
            "done": asked.get("done"),
        }
        answer = render("settings/edit.html", **shown, **found.choices())
    return (answer, status_of(refusal)) if refusal else answer


def _second_look(desk: Desk, draft: Draft, refusal: DomainError | None = None) -> Any:
    with desk.reading() as session:
        found = _found(desk, session, request.form)
        try:
            body = found.body_in(session, draft)
        except Unfit as unfit:
            body, refusal = None, unfit
        if body is not None:
            _, before = body_in_force(session, found)
            shown = _shared(desk, session, found) | _compared(desk, session, found, before, body)
            answer = render(
                "settings/look.html", draft=draft, after=_after(), **_refusal(refusal), **shown
            )
    if body is None:
        return _edited(desk, request.form, draft, refusal)
    return (answer, status_of(refusal)) if refusal else answer


def _version(desk: Desk, asked: Mapping[str, str], refusal: DomainError | None = None) -> Any:
    """What a version changed when it was made, and what going back to it would change now."""
    version = number_in(asked.get("version", "")) or AS_SHIPPED
    with desk.reading() as session:
        found = _found(desk, session, asked)
        body = policies.body_of(session, found.name, version, found.area_id)
        earlier = policies.body_of(session, found.name, max(version - 1, 0), found.area_id)
        last, before = body_in_force(session, found)
        history = policies.history(session, found.name, found.area_id)
        shown = _shared(desk, session, found, history) | {
            "version": version,
            "history": history,
            "made": next((one for one in history if one.version == version), None),
            "then": list(differences(found.lines(earlier), found.lines(body))),
            "after": last,
            "is_in_force": last == version,
            **_refusal(refusal),
        }
        shown |= _compared(desk, session, found, before, body)
        answer = render("settings/version.html", **shown)
    return (answer, status_of(refusal)) if refusal else answer


def _compared(
    desk: Desk, session: Session, found: Setting, before: Body, body: Body
) -> dict[str, Any]:
    return {
        "changes": list(differences(found.lines(before), found.lines(body))),
        "outlook": found.outlook(session, body, desk.now),
    }


def _shared(
    desk: Desk, session: Session, found: Setting, history: Sequence[Policy] = ()
) -> dict[str, Any]:
    area = session.get(Area, found.area_id) if found.area_id else None
    by = desk.staff.person_id
    return {
        "setting": found,
        "subject": OFFERED[found.subject],
        "area": area,
        "authors": _authors(session, history),
        "may_edit": policies.may_edit(session, found.name, by, desk.now, found.area_id),
    }


def _refusal(refusal: DomainError | None) -> dict[str, Any]:
    return {"refusal": refusal, "refusal_words": words_of(refusal) if refusal else ""}


def _found(desk: Desk, session: Session, asked: Mapping[str, str]) -> Setting:
    """NotFound, in the same words, for what does not exist and for an area out of reach."""
    area_id = number_in(asked.get("area", ""))
    found = find(desk, session, asked.get("of", ""), area_id)
    if area_id is not None and all(one.id != area_id for one in _areas(session, desk, found)):
        raise NotFound(str(area_id))
    return found


def _areas(session: Session, desk: Desk, found: Setting) -> Sequence[Area]:
    """Those that may have their own and that are in the reach of who asks."""
    roles = policies.editors(found.name, "area")
    places = [one.area_id for one in desk.staff.posts if one.role in roles]
    within = or_(*(Area.id.in_(inner_areas(place)) for place in places)) if places else false()
    return session.scalars(
        select(Area).where(within, Area.kind.in_(AREAS)).order_by(Area.kind.desc(), Area.name)
    ).all()


def _authors(session: Session, made: Iterable[Policy]) -> dict[int, str | None]:
    ids = {one.author_id for one in made if one.author_id is not None}
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {one.id: one.name for one in rows}


def _typed() -> dict[str, str]:
    """The fields of the subject; browsers end lines with two characters."""
    fields = request.form.items()
    return {name: text.replace("\r\n", "\n") for name, text in fields if name not in OURS}


def _after() -> int:
    return number_in(request.form.get("after", "")) or AS_SHIPPED
