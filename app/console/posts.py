"""Giving and ending posts, from a person's page and from an area's."""

from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.areas import areas_page
from app.console.desk import Desk
from app.console.fields import day_in
from app.console.people import changed
from app.console.rendering import status_of, words_of
from models.errors import DomainError, NotFound
from models.localtime import local
from models.people import Person
from models.posts import Role
from models.roster import people as roll
from models.roster import persons, posts, rights
from models.roster.people import Reach
from models.roster.posts import PostUnfit, Term
from models.roster.rights import Right
from models.tickets.asked import number_in


@page("/people/<int:person_id>/posts", "POST")
def post_give(desk: Desk, person_id: int) -> Any:
    def give(session: Session, reach: Reach, found: Person) -> None:
        area = rights.area_in(session, reach.staff, number_in(request.form.get("area", "")) or 0)
        posts.give(
            session,
            found.id,
            area,
            _term(request.form, desk),
            by=desk.staff.person_id,
            at=desk.now,
        )

    return changed(desk, person_id, "post", give)


@page("/posts/<int:post_id>/end", "POST")
def post_end(desk: Desk, post_id: int) -> Any:
    """On its last day; without one, now."""
    with desk.reading() as session:
        reach = roll.reach_of(session, desk.staff.person_id, desk.now)
        post = posts.find(session, post_id)
        rights.area_in(session, reach.staff, post.area_id)
        person_id = post.person_id

    def end(session: Session, _: Reach, __: Person) -> None:
        last_day = day_in(request.form.get("until", "")) or local(desk.now).date()
        one = posts.find(session, post_id)
        posts.end(session, one, last_day, by=desk.staff.person_id, at=desk.now)

    return changed(desk, person_id, "ended", end)


@page("/areas/<int:area_id>/posts", "POST")
def area_post(desk: Desk, area_id: int) -> Any:
    """Somebody by name and phone; who is on the roll with that phone is not entered twice."""
    by, form = desk.staff.person_id, request.form
    try:
        with desk.writing() as session:
            places = rights.places_of(session, Right.STAFF, by, desk.now)
            area = rights.area_in(session, places, area_id)
            phone = persons.phone_of(form.get("phone", ""))
            known = persons.with_phone(session, phone) if phone else None
            term = _term(form, desk)
            posts.check(area, term)
            name = form.get("person", "")
            who = known.id if known else persons.enter(session, name, phone, by=by, at=desk.now)
            posts.give(session, who, area, term, by=by, at=desk.now)
    except NotFound:
        raise
    except DomainError as refusal:
        return areas_page(desk, str(area_id), {"post": words_of(refusal)}), status_of(refusal)
    return redirect(url_for("console.areas", area=area_id, done="post"))


def _term(form: Mapping[str, str], desk: Desk) -> Term:
    role = form.get("role", "")
    if role not in list(Role):
        raise PostUnfit(field="area")
    return Term(
        role=Role(role),
        since_on=day_in(form.get("since", "")) or local(desk.now).date(),
        until_on=day_in(form.get("until", "")),
        department=form.get("department") or None if role == Role.DEPARTMENT_LIAISON else None,
        duty_phone=form.get("duty_phone", "").strip() or None,
    )
