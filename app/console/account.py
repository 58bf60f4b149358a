"""One's own account: sign-in name, password, and the browsers one is signed in with."""

from typing import Any

from flask import redirect, request, session
from flask_login import login_user, logout_user

from app.console.access import page
from app.console.desk import Desk, staff_of
from app.console.rendering import render, status_of, words_of
from models import sign_in_attempts, sign_ins, staff_accounts
from models.errors import DomainError
from models.sign_ins import Way
from models.staff_accounts import SHORTEST_PASSWORD, StaffAccount


@page("/account")
def account(desk: Desk) -> Any:
    return _form(desk, None, "")


@page("/account", "POST")
def account_keep(desk: Desk) -> Any:
    """A new password ends every other sign-in; who came in by the old one says it first."""
    name, wanted = request.form.get("name", ""), request.form.get("password", "")
    if wanted != request.form.get("again", ""):
        return _form(desk, "differ", name), 422
    try:
        known = _own(desk)
        if known is not None and _owes_password(desk) and not _knows_password(desk, known):
            return _form(desk, "wrong", name), 401
        password_hash = staff_accounts.hash_password(wanted, name)
        with desk.writing() as store:
            person_id = desk.staff.person_id
            staff_accounts.keep(store, person_id, name, password_hash, desk.now)
            sign_ins.end_all(store, person_id, desk.now)
            token = sign_ins.begin(store, person_id, desk.staff.way, desk.now)
            fresh = sign_ins.current(store, token, desk.now)
            if fresh is not None and desk.staff.is_confirmed:
                sign_ins.confirm(store, fresh.id, desk.now)
    except DomainError as refusal:
        return _form(desk, words_of(refusal), name), status_of(refusal)
    staff = staff_of(desk.office, token)
    if staff is not None:
        login_user(staff)
    return redirect("/console/account?kept=1")


@page("/account/sign-out", "POST")
def account_sign_out(desk: Desk) -> Any:
    """In every browser."""
    with desk.writing() as store:
        sign_ins.end_all(store, desk.staff.person_id, desk.now)
    logout_user()
    session.clear()
    return redirect("/console/sign-in")


def _owes_password(desk: Desk) -> bool:
    """Whose phone has just said who they are may have forgotten it."""
    return desk.staff.way == Way.PASSWORD


def _knows_password(desk: Desk, known: StaffAccount) -> bool:
    address = request.remote_addr or ""
    with desk.writing() as store:
        sign_in_attempts.begin(store, known.name, address, desk.now)
    is_right = staff_accounts.matches(request.form.get("current", ""), known.password_hash)
    if is_right:
        with desk.writing() as store:
            sign_in_attempts.succeeded(store, known.name, address)
    return is_right


def _own(desk: Desk) -> StaffAccount | None:
    with desk.reading() as store:
        return staff_accounts.of_person(store, desk.staff.person_id)


def _form(desk: Desk, problem: str | None, name: str) -> str:
    known = _own(desk)
    return render(
        "account.html",
        problem=problem,
        asks_current=known is not None and _owes_password(desk),
        name=name or (known.name if known else ""),
        least=SHORTEST_PASSWORD,
        is_kept=request.args.get("kept") == "1",
    )
