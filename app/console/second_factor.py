"""The second factor of administrators: six digits of an authenticator on their phone."""

from typing import Any

import segno
from flask import redirect, request

from app.console.access import page
from app.console.desk import Desk
from app.console.rendering import render, words_of
from app.console.sign_in import HOME
from models import sign_in_attempts, sign_ins, staff_accounts
from models.errors import TooManyAttempts
from models.staff_accounts import StaffAccount

ISSUER = "Linli"


@page("/second-factor")
def second_factor(desk: Desk) -> Any:
    if desk.staff.is_confirmed:
        return redirect(HOME)
    return _form(desk, None)


@page("/second-factor", "POST")
def second_factor_try(desk: Desk) -> Any:
    key = f"second factor of {desk.staff.person_id}"
    address = request.remote_addr or ""
    try:
        with desk.writing() as store:
            sign_in_attempts.begin(store, key, address, desk.now)
    except TooManyAttempts as refusal:
        return _form(desk, words_of(refusal)), 429
    with desk.writing() as store:
        account = staff_accounts.of_person(store, desk.staff.person_id)
        code = request.form.get("code", "")
        is_right = account is not None and staff_accounts.take_code(store, account, code, desk.now)
        if is_right:
            sign_ins.confirm(store, desk.staff.sign_in_id, desk.now)
            sign_in_attempts.succeeded(store, key, address)
    return redirect(HOME) if is_right else (_form(desk, "wrong"), 401)


def _form(desk: Desk, problem: str | None) -> str:
    with desk.reading() as store:
        account = staff_accounts.of_person(store, desk.staff.person_id)
    is_new = account is not None and account.second_factor_since is None
    return render(
        "second_factor.html",
        problem=problem,
        secret=account.second_factor if account and is_new else None,
        picture=_picture(account) if account and is_new else None,
    )


def _picture(account: StaffAccount) -> str:
    address = staff_accounts.address_of_second_factor(account, ISSUER)
    return segno.make(address, error="m").svg_data_uri(scale=5, border=2)
