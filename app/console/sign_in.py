"""Signing in by name and password, and out."""

from typing import Any

from flask import redirect, request, session, url_for
from flask_login import login_user, logout_user

from app.console.access import page
from app.console.desk import Desk, staff_of
from app.console.rendering import render, words_of
from models import sign_in_attempts, sign_ins, staff_accounts
from models.errors import TooManyAttempts
from models.sign_ins import NEEDS_SECOND_FACTOR, Way

HOME = "/console/"


@page("/sign-in")
def sign_in(desk: Desk) -> Any:
    if desk.signed_in is not None:
        return redirect(HOME)
    return render("sign_in.html", next=_next(), name="", problem=None)


@page("/sign-in", "POST")
def sign_in_try(desk: Desk) -> Any:
    """One answer for a name nobody has, a wrong password and a post that has ended."""
    name, password = request.form.get("name", ""), request.form.get("password", "")
    address = request.remote_addr or ""
    plain = staff_accounts.plain_name(name)
    try:
        with desk.writing() as store:
            sign_in_attempts.begin(store, plain, address, desk.now)
    except TooManyAttempts as refusal:
        return _again(name, words_of(refusal)), 429
    with desk.reading() as store:
        account = staff_accounts.named(store, plain)
    # Between two transactions: it takes as long as a hundred writes.
    is_right = staff_accounts.matches(password, account.password_hash if account else None)
    if account is None or not is_right or not start(desk, account.person_id, Way.PASSWORD):
        return _again(name, "wrong"), 401
    with desk.writing() as store:
        sign_in_attempts.succeeded(store, plain, address)
    return redirect(_next())


@page("/sign-out", "POST")
def sign_out(desk: Desk) -> Any:
    with desk.writing() as store:
        sign_ins.end(store, desk.staff.sign_in_id, desk.now)
    logout_user()
    session.clear()
    return redirect(url_for("console.sign_in"))


def start(desk: Desk, person_id: int, way: Way) -> bool:
    """Signs this browser in with a fresh session; false for somebody without work at a desk."""
    with desk.writing() as store:
        posts = sign_ins.posts_for_console(store, person_id, desk.now)
        if not posts:
            return False
        if any(post.role in NEEDS_SECOND_FACTOR for post in posts):
            account = staff_accounts.of_person(store, person_id)
            if account is None:
                return False  # whoever needs a second factor has a first one: the password
            if account.second_factor_since is None:
                staff_accounts.propose_second_factor(account)
        token = sign_ins.begin(store, person_id, way, desk.now)
    session.clear()
    staff = staff_of(desk.office, token)
    return staff is not None and login_user(staff)


def _again(name: str, problem: str) -> str:
    return render("sign_in.html", next=_next(), name=name, problem=problem)


def _next() -> str:
    """Where to go afterwards: a page of the console and nowhere else."""
    wanted = request.values.get("next", "")
    is_ours = wanted.startswith(HOME) and "\\" not in wanted and "//" not in wanted
    return wanted if is_ours and not wanted.startswith(url_for("console.sign_in")) else HOME
