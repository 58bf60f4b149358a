"""The roll of people: search, and one person with posts, homes, matters and account."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.person_page import Shown, keeps_register, person_page
from app.console.places import choices
from app.console.rendering import render, status_of, words_of
from config.policy import load
from models import access_log, homes
from models.access_log import Looked
from models.accounts import MAIN
from models.errors import DomainError, NotAllowed, NotFound
from models.notices import audience
from models.people import Person
from models.posts import Role
from models.roster import doubles, persons, posts, rights
from models.roster import people as roll
from models.roster.people import Reach, Sort
from models.tickets.asked import number_in
from models.tickets.sight import sight_of

Change = Callable[[Session, Reach, Person], None]


@page("/people")
def people(desk: Desk) -> Any:
    wanted = roll.wanted_of(request.args)
    after = number_in(request.args.get("after", "")) or 0
    with desk.reading() as session:
        reach = roll.reach_of(session, desk.staff.person_id, desk.now)
        found = roll.rows(session, reach, wanted, desk.now, after, roll.PAGE + 1)
        return render(
            "people.html",
            rows=found[: roll.PAGE],
            wanted=wanted,
            query=query_of(request.args),
            next=found[roll.PAGE - 1].person.id if len(found) > roll.PAGE else None,
            is_first=not after,
            places=choices(session, reach.staff, wanted.area_id),
            tags=audience.tags_of(session, [one.person.id for one in found]),
            tag_names=load("notices")["tag"],
            sorts=[one for one in Sort if reach.residents or one == Sort.HOLDERS],
            roles=[one for one in Role if posts.places_for(one)],
        )


@page("/people/<int:person_id>")
def person(desk: Desk, person_id: int) -> Any:
    return person_page(desk, person_id)


@page("/people/<int:person_id>/phone", "POST")
def person_phone(desk: Desk, person_id: int) -> Any:
    """The whole number; the look is written down before it is shown."""
    with desk.writing() as session:
        reach = roll.reach_of(session, desk.staff.person_id, desk.now)
        found = roll.person_in(session, reach, person_id, desk.now)
        _look(session, desk, found.id, Looked.CONTACT)
        phone = found.phone
    return person_page(desk, person_id, Shown(phone=phone or ""))


@page("/people/<int:person_id>/matters", "POST")
def person_matters(desk: Desk, person_id: int) -> Any:
    """What they reported under their name; that somebody asked is written down, too."""
    with desk.writing() as session:
        reach = roll.reach_of(session, desk.staff.person_id, desk.now)
        found = roll.person_in(session, reach, person_id, desk.now)
        if not roll.homes_of(session, reach, [found.id]):
            raise NotAllowed(number=str(person_id))
        _look(session, desk, found.id, Looked.MATTERS)
    with desk.reading() as session:
        sight = sight_of(session, desk.staff.person_id, desk.now)
        matters = roll.matters_of(session, sight, person_id)
    return person_page(desk, person_id, Shown(matters=matters))


@page("/people/<int:person_id>", "POST")
def person_change(desk: Desk, person_id: int) -> Any:
    """Name and phone. An empty phone leaves the one that is hidden on the page as it is."""

    def change(session: Session, reach: Reach, found: Person) -> None:
        held = [one.post for one in roll.posts_of(session, reach, [found.id])]
        given = posts.giveable(session, held, desk.staff.person_id, desk.now)
        if not (given or keeps_register(session, desk, roll.homes_of(session, reach, [found.id]))):
            raise NotAllowed(number=str(person_id))
        phone = persons.phone_of(request.form.get("phone", "")) or found.phone
        name = request.form.get("name", "")
        persons.correct(session, found, name, phone, by=desk.staff.person_id, at=desk.now)
        doubles.ask_of_phone(session, found, desk.now, by=desk.staff.person_id)

    return changed(desk, person_id, "change", change)


@page("/homes/<int:home_id>/answer", "POST")
def home_answer(desk: Desk, home_id: int) -> Any:
    """Whether somebody lives there, said by who may verify it."""
    by = desk.staff.person_id
    with desk.reading() as session:
        reach = roll.reach_of(session, by, desk.now)
        home = homes.find(session, home_id)
        rights.area_in(session, reach.residents, home.area_id)
        person_id = home.person_id

    def change(session: Session, _: Reach, __: Person) -> None:
        is_neighbour = request.form.get("answer") == "yes"
        one = homes.find(session, home_id)
        homes.answer(session, one, is_neighbour=is_neighbour, by=by, at=desk.now, account=MAIN)

    return changed(desk, person_id, "home", change)


@page("/people/<int:person_id>/tags", "POST")
def person_tags(desk: Desk, person_id: int) -> Any:
    """The groups that notices may be meant for."""
    by = desk.staff.person_id

    def change(session: Session, reach: Reach, found: Person) -> None:
        if not keeps_register(session, desk, roll.homes_of(session, reach, [found.id])):
            raise NotAllowed(number=str(person_id))
        audience.set_tags(session, found.id, request.form.getlist("tag"), by=by, at=desk.now)

    return changed(desk, person_id, "tags", change)


def changed(desk: Desk, person_id: int, field: str, change: Change) -> Any:
    """Done, and back to the page; or the page with what stands against it, at its field."""
    try:
        with desk.writing() as session:
            reach = roll.reach_of(session, desk.staff.person_id, desk.now)
            found = roll.person_in(session, reach, person_id, desk.now)
            change(session, reach, found)
    except NotFound:
        raise
    except DomainError as refusal:
        problem = {field: words_of(refusal)}
        return person_page(desk, person_id, Shown(problem=problem)), status_of(refusal)
    return redirect(url_for("console.person", person_id=person_id, done=field))


def query_of(query: Mapping[str, str]) -> dict[str, str]:
    return {key: query[key] for key in ("q", "area", "sort", "role") if query.get(key)}


def _look(session: Session, desk: Desk, person_id: int, what: Looked) -> None:
    access_log.record(session, desk.staff.person_id, person_id, what, desk.now)
