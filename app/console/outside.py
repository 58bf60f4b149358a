"""Systems that are not ours 外部系统: their keys, their addresses, and what each was told."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.fields import number_in
from app.console.rendering import render, status_of, words_of
from config.policy import load
from models import outside_systems
from models.errors import DomainError, NotFound
from models.outside_systems import Power, SystemUnfit
from models.places import Area
from models.posts import Role
from models.webhooks import endpoints, lists
from models.webhooks.table import WebhookState
from models.whistles.terms import departments

Act = Callable[..., str | None]


@page("/outside")
def outside(desk: Desk) -> Any:
    return _all(desk)


@page("/outside", "POST")
def outside_register(desk: Desk) -> Any:
    """The key is on the page that answers, and nowhere afterwards."""
    form = request.form
    try:
        with desk.writing() as session:
            system, key = outside_systems.register(
                session,
                form.get("name", ""),
                _area(form.get("area", "")),
                [one for one in Power if one in form.getlist("powers")],
                by=desk.staff.person_id,
                at=desk.now,
                role=_role(form.get("role", "")),
                department=form.get("department") or None,
                per_minute=number_in(form.get("per_minute", "")),
            )
            system_id = system.id
    except DomainError as refusal:
        return _all(desk, words_of(refusal)), status_of(refusal)
    return _one(desk, system_id, {"key": key})


@page("/outside/<int:system_id>")
def outside_system(desk: Desk, system_id: int) -> Any:
    return _one(desk, system_id)


@page("/outside/<int:system_id>", "POST")
def outside_act(desk: Desk, system_id: int) -> Any:
    """A key or a secret that it makes is shown once."""
    name = request.form.get("act", "")
    if name not in ACTS:
        raise NotFound("no such act")
    shown, act = ACTS[name]
    try:
        with desk.writing() as session:
            made = act(session, system_id, request.form, by=desk.staff.person_id, at=desk.now)
    except SystemUnfit as refusal:
        return _one(desk, system_id, {}, words_of(refusal)), status_of(refusal)
    if made:
        return _one(desk, system_id, {shown: made})
    back = "console.outside" if name == "end" else "console.outside_system"
    return redirect(url_for(back, system_id=None if name == "end" else system_id))


@page("/outside/sent/<int:webhook_id>", "POST")
def outside_resend(desk: Desk, webhook_id: int) -> Any:
    with desk.writing() as session:
        by = desk.staff.person_id
        system_id = lists.resend(session, webhook_id, by=by, at=desk.now).system_id
    return redirect(url_for("console.outside_system", system_id=system_id))


def _all(desk: Desk, problem: str = "") -> str:
    with desk.reading() as session:
        by = desk.staff.person_id
        systems = outside_systems.kept_by(session, by, desk.now)
        return render(
            "outside.html",
            systems=systems,
            areas=outside_systems.areas_for(session, by, desk.now),
            endpoints=lists.endpoints_of(session, [one.id for one in systems]),
            eyes=load("outside")["eyes"],
            departments=departments(),
            powers=list(Power),
            per_minute=load("outside")["per_minute"],
            given=request.form,
            problem=problem,
        )


def _one(
    desk: Desk, system_id: int, shown: Mapping[str, str] | None = None, problem: str = ""
) -> str:
    asked = request.args.get("state", "")
    state = WebhookState(asked) if asked in list(WebhookState) else None
    with desk.reading() as session:
        by = desk.staff.person_id
        system = outside_systems.kept(session, system_id, by=by, at=desk.now)
        before = number_in(request.args.get("before", ""))
        told = lists.latest(session, system.id, state, before)
        return render(
            "outside_system.html",
            system=system,
            area=session.get_one(Area, system.area_id),
            keys=outside_systems.open_keys(session, system.id),
            most_keys=load("outside")["most_keys"],
            endpoint=lists.endpoints_of(session, [system.id]).get(system.id),
            counts=lists.counts(session, system.id),
            told=told[: lists.LATEST],
            further=told[lists.LATEST - 1].event_id if len(told) > lists.LATEST else None,
            resent=lists.RESENT,
            state=state,
            shown=shown or {},
            problem=problem,
        )


def _area(text: str) -> int:
    area_id = number_in(text)
    if area_id is None:
        raise SystemUnfit(field="area")
    return area_id


def _role(text: str) -> Role:
    return Role(text) if text in list(Role) else Role.RESIDENT  # whose eyes no system has


def _new_key(session: Session, system_id: int, _: Mapping[str, str], **given: Any) -> str:
    return outside_systems.new_key(session, system_id, **given)


def _end_key(session: Session, system_id: int, form: Mapping[str, str], **given: Any) -> None:
    key_id = number_in(form.get("key", "")) or 0
    outside_systems.end_key(session, system_id, key_id, **given)


def _end(session: Session, system_id: int, _: Mapping[str, str], **given: Any) -> None:
    outside_systems.end(session, system_id, **given)


def _address(session: Session, system_id: int, form: Mapping[str, str], **given: Any) -> str | None:
    return endpoints.set_address(session, system_id, form.get("address", ""), **given)


def _secret(session: Session, system_id: int, _: Mapping[str, str], **given: Any) -> str:
    return endpoints.new_secret(session, system_id, **given)


def _restart(session: Session, system_id: int, _: Mapping[str, str], **given: Any) -> None:
    endpoints.restart(session, system_id, **given)


# What is shown of what each makes, and the verb.
ACTS: Mapping[str, tuple[str, Act]] = {
    "new_key": ("key", _new_key),
    "end_key": ("", _end_key),
    "end": ("", _end),
    "address": ("secret", _address),
    "secret": ("secret", _secret),
    "restart": ("", _restart),
}
