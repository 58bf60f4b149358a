"""The page of one ticket, and everything that is done on it."""

from collections.abc import Callable
from typing import Any

from flask import redirect, request, send_from_directory, url_for
from sqlalchemy.orm import Session

from app.console import handing_on_panel, steering_panel, ticket_page, whistle_panel
from app.console.access import page
from app.console.acting import OUTCOMES, FieldUnfit, act
from app.console.beside import Beside, beside
from app.console.desk import Desk
from app.console.rendering import render, status_of, words_of
from app.console.ticket_page import Button
from app.console.whistle_panel import WhistleShown
from config.categories import categories, is_label
from models import access_log, media, takeovers
from models.access_log import Looked
from models.errors import DomainError, NotAllowed, NotFound
from models.legacy.sides import may_open
from models.media import Media, MediaState
from models.people import Person
from models.protection import capacities
from models.takeovers import Takeover
from models.ticket_flow import Capacity
from models.tickets import refining
from models.tickets.actions import held_by
from models.tickets.sight import Sight, sight_of, ticket_in
from models.tickets.step import Actor
from models.tickets.table import Ticket

LONGEST = 500
ALWAYS = ("talk", "note", "class")  # places of the page where a problem is said
AT_WORK = frozenset({Capacity.OWNER, Capacity.HELPER, Capacity.SUPERVISOR})

Change = Callable[[Session, Sight, Ticket], None]


@page("/tickets/<int:ticket_id>")
def ticket(desk: Desk, ticket_id: int) -> Any:
    return _page(desk, ticket_id)


@page("/tickets/<int:ticket_id>/act", "POST")
def ticket_act(desk: Desk, ticket_id: int) -> Any:
    def change(session: Session, sight: Sight, found: Ticket) -> None:
        act(session, desk, sight, found, request.form)

    return changed(desk, ticket_id, request.form.get("action", ""), change)


@page("/tickets/<int:ticket_id>/class", "POST")
def ticket_class(desk: Desk, ticket_id: int) -> Any:
    """What is corrected here teaches the weights as a correction in chat does."""

    def change(session: Session, _: Sight, found: Ticket) -> None:
        named, by = request.form.get("class", ""), desk.staff.person_id
        if not is_label(named):
            raise FieldUnfit(field="class")
        category, _, child = named.partition(".")
        refining.reclassify(session, found, category, child, by=by, at=desk.now)

    return changed(desk, ticket_id, "class", change)


@page("/tickets/<int:ticket_id>/note", "POST")
def ticket_note(desk: Desk, ticket_id: int) -> Any:
    def change(session: Session, _: Sight, found: Ticket) -> None:
        refining.add_note(
            session,
            found,
            words_in("words"),
            by=desk.staff.person_id,
            at=desk.now,
            for_reporter=request.form.get("for") == "reporter",
        )

    return changed(desk, ticket_id, "note", change)


@page("/tickets/<int:ticket_id>/reporter", "POST")
def ticket_reporter(desk: Desk, ticket_id: int) -> Any:
    """Name and phone, to whoever works on it; the look is written down before it is shown."""
    with desk.writing() as session:
        sight = sight_of(session, desk.staff.person_id, desk.now)
        found = ticket_in(session, sight, ticket_id)
        mine = capacities(session, found, desk.staff.person_id, desk.now)
        if found.hides_reporter or not found.is_open or not mine & AT_WORK:
            raise NotAllowed(number=found.number)
        person = session.get_one(Person, found.reporter_id)
        access_log.record(
            session,
            desk.staff.person_id,
            person.id,
            Looked.CONTACT,
            desk.now,
            ticket_id=found.id,
        )
        contact = {"name": person.name, "phone": person.phone}
    return _page(desk, ticket_id, contact=contact)


@page("/tickets/<int:ticket_id>/talk")
def talk(desk: Desk, ticket_id: int) -> Any:
    """The conversation alone; asked again and again while a chat is taken over."""
    with desk.reading() as session:
        sight = sight_of(session, desk.staff.person_id, desk.now)
        found = ticket_in(session, sight, ticket_id)
        said = ticket_page.conversation(session, desk, found)
    return render("_said.html", ticket=found, said=said)


@page("/tickets/<int:ticket_id>/take-over", "POST")
def take_over(desk: Desk, ticket_id: int) -> Any:
    def change(session: Session, _: Sight, found: Ticket) -> None:
        takeovers.take_over(session, found, by=desk.staff.person_id, at=desk.now)

    return changed(desk, ticket_id, "talk", change)


@page("/tickets/<int:ticket_id>/answer", "POST")
def answer(desk: Desk, ticket_id: int) -> Any:
    """To the resident, from whoever has taken the chat over."""

    def change(session: Session, _: Sight, found: Ticket) -> None:
        under_way = takeovers.of_ticket(session, found.id)
        if under_way is None or under_way.staff_id != desk.staff.person_id:
            raise NotAllowed(number=found.number)
        takeovers.answer(session, under_way, words_in("words"), at=desk.now)

    return changed(desk, ticket_id, "talk", change)


@page("/tickets/<int:ticket_id>/hand-back", "POST")
def hand_back(desk: Desk, ticket_id: int) -> Any:
    def change(session: Session, _: Sight, found: Ticket) -> None:
        under_way = takeovers.of_ticket(session, found.id)
        if under_way is None:
            raise NotFound(number=found.number)
        takeovers.hand_back(session, under_way, by=desk.staff.person_id, at=desk.now)

    return changed(desk, ticket_id, "talk", change)


@page("/photos/<int:photo_id>")
def photo(desk: Desk, photo_id: int) -> Any:
    """Only with its ticket; a thumbnail unless the whole is asked for."""
    with desk.reading() as session:
        found = session.get(Media, photo_id)
        if found is None or found.ticket_id is None or found.state != MediaState.KEPT:
            raise NotFound("no such photo")
        ticket_in(session, sight_of(session, desk.staff.person_id, desk.now), found.ticket_id)
        sha256 = found.sha256 or ""
    path = media.path_of if request.args.get("whole") == "1" else media.thumbnail_path_of
    folder = desk.settings.data_dir.absolute() / "media"
    return send_from_directory(folder, path(sha256), mimetype="image/jpeg")


def changed(desk: Desk, ticket_id: int, field: str, change: Change) -> Any:
    """Done, and back to the page; or the page with what stands against it, at its field."""
    try:
        with desk.writing() as session:
            sight = sight_of(session, desk.staff.person_id, desk.now)
            change(session, sight, ticket_in(session, sight, ticket_id))
    except DomainError as refusal:
        return _page(desk, ticket_id, problem={field: words_of(refusal)}), status_of(refusal)
    return redirect(url_for("console.ticket", ticket_id=ticket_id, done=field))


def words_in(name: str) -> str:
    words = request.form.get(name, "").strip()[:LONGEST]
    if not words:
        raise FieldUnfit(field=name)
    return words


def _page(
    desk: Desk,
    ticket_id: int,
    problem: dict[str, str] | None = None,
    contact: dict[str, str | None] | None = None,
) -> str:
    by = desk.staff.person_id
    with desk.reading() as session:
        sight = sight_of(session, by, desk.now)
        found = ticket_in(session, sight, ticket_id)
        held = held_by(session, found, Actor(by), desk.now)
        offered = ticket_page.buttons(session, desk, found, held)
        known = beside(session, sight, found, desk.now)
        whistle = whistle_panel.of_ticket(session, desk, found, known)
        posts = ticket_page.asked(session, found)
        is_over = known.is_talked_over
        under_way = ticket_page.talk_with_reporter(session, found) if is_over else None
        steering = steering_panel.of_ticket(session, desk, found, known)
        return render(
            "ticket.html",
            ticket=found,
            owner=ticket_page.owner_of(found, posts),
            buttons=offered,
            holders=ticket_page.holders(session, desk, found, offered),
            asked=posts,
            said=ticket_page.conversation(session, desk, found),
            happened=ticket_page.timeline(session, found, steering.ids),
            beside=known,
            may_begin_legacy=_may_begin_legacy(session, desk, found, known),
            contact=contact,
            whistle=whistle,
            handing_on=handing_on_panel.of_ticket(session, found, known, offered),
            steering=steering,
            categories=categories(),
            outcomes=OUTCOMES,
            problem=problem or {},
            loose=_loose(problem or {}, offered, whistle),
            given=request.form if problem else {},
            done=request.args.get("done"),
            now=desk.now,
            **_rights(desk, found, held, under_way),
        )


def _may_begin_legacy(session: Session, desk: Desk, found: Ticket, known: Beside) -> bool:
    by = desk.staff.person_id
    return not known.is_legacy and may_open(session, found, by, desk.now)


def _rights(
    desk: Desk, found: Ticket, held: frozenset[Capacity], under_way: Takeover | None
) -> dict[str, Any]:
    """What this desk may do beside the buttons: talk, note, look at name and phone."""
    works = bool(held & AT_WORK)
    return {
        "takeover": under_way if under_way and under_way.ticket_id == found.id else None,
        "may_talk": ticket_page.may_talk(desk, found, held, under_way),
        "may_note": works,
        "may_see_contact": works and found.is_open and not found.hides_reporter,
    }


def _loose(problem: dict[str, str], offered: list[Button], whistle: WhistleShown) -> list[str]:
    """What stands against something whose place on the page is gone: it is said at the top."""
    places = {*ALWAYS, *(one.action for one in offered)}
    if whistle.whistle is not None or whistle.departments:
        places.add("whistle")
    return [words for field, words in problem.items() if field not in places]
