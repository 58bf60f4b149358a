"""Accounts of others: an invitation by a link, a second factor reset; and the link's own page."""

from typing import Any

from flask import redirect, request, url_for
from flask_login import login_user

from app.console.access import page
from app.console.desk import Desk, staff_of
from app.console.person_page import Shown, person_page
from app.console.rendering import render, status_of, words_of
from models import sign_ins, staff_accounts
from models.errors import DomainError, NotFound
from models.people import Person
from models.roster import invitations
from models.roster import people as roll
from models.sign_ins import Way
from models.staff_accounts import SHORTEST_PASSWORD


@page("/people/<int:person_id>/invite", "POST")
def invite(desk: Desk, person_id: int) -> Any:
    """The link is on this one page and nowhere else."""
    with desk.writing() as session:
        reach = roll.reach_of(session, desk.staff.person_id, desk.now)
        found = roll.person_in(session, reach, person_id, desk.now)
        token = invitations.invite(session, found.id, by=desk.staff.person_id, at=desk.now)
    link = desk.settings.base_url + url_for("console.invited", token=token)
    return person_page(desk, person_id, Shown(invitation=link))


@page("/people/<int:person_id>/second-factor", "POST")
def second_factor_reset(desk: Desk, person_id: int) -> Any:
    with desk.writing() as session:
        reach = roll.reach_of(session, desk.staff.person_id, desk.now)
        found = roll.person_in(session, reach, person_id, desk.now)
        invitations.reset_second_factor(session, found.id, by=desk.staff.person_id, at=desk.now)
    return redirect(url_for("console.person", person_id=person_id, done="second_factor"))


@page("/invited/<token>")
def invited(desk: Desk, token: str) -> Any:
    return _form(desk, token, None, "")


@page("/invited/<token>", "POST")
def invited_take(desk: Desk, token: str) -> Any:
    """Name and password of one's own; then one is signed in."""
    name, wanted = request.form.get("name", ""), request.form.get("password", "")
    if wanted != request.form.get("again", ""):
        return _form(desk, token, "differ", name), 422
    try:
        with desk.reading() as session:
            invitations.current(session, token, desk.now)
        password_hash = staff_accounts.hash_password(wanted, name)
        with desk.writing() as session:
            account = invitations.take(session, token, name, password_hash, desk.now)
            cookie = sign_ins.begin(session, account.person_id, Way.PASSWORD, desk.now)
    except NotFound:
        raise
    except DomainError as refusal:
        return _form(desk, token, words_of(refusal), name), status_of(refusal)
    staff = staff_of(desk.office, cookie)
    if staff is not None:
        login_user(staff)
    return redirect(url_for("console.home"))


def _form(desk: Desk, token: str, problem: str | None, name: str) -> str:
    with desk.reading() as session:
        invitation = invitations.current(session, token, desk.now)
        person = session.get_one(Person, invitation.person_id)
        known = staff_accounts.of_person(session, person.id)
        return render(
            "invited.html",
            person=person,
            name=name or (known.name if known else ""),
            problem=problem,
            least=SHORTEST_PASSWORD,
            invitation_token=token,
        )
