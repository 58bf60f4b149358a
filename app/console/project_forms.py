"""A project is made: where, what, by whom and until when; and what its forms bring in."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.fields import day_in, number_in
from app.console.rendering import render, status_of, words_of
from app.console.supervisions import tickets_seen
from config.policy import load
from jobs.photos import write_files
from jobs.pictures import NotAPicture, clean
from models import media
from models.errors import DomainError, NotAllowed, NotFound
from models.on_duty import Holder
from models.places import Area, full_name
from models.projects import making, sides
from models.projects.flow import ProjectKind
from models.projects.making import Planned, ProjectUnfit
from models.projects.table import Project
from models.tickets.asked import word_in
from models.tickets.table import Ticket


@page("/projects/new")
def project_new(desk: Desk) -> Any:
    return _form(desk)


@page("/projects", "POST")
def project_make(desk: Desk) -> Any:
    try:
        with desk.writing() as session:
            number = _make(session, desk).id
    except NotFound:
        raise
    except DomainError as refusal:
        return _form(desk, words_of(refusal)), status_of(refusal)
    return redirect(url_for("console.project", project_id=number, done="make"))


def _make(session: Session, desk: Desk) -> Project:
    """With the ticket it grew out of, if there was one."""
    by, form = desk.staff.person_id, request.form
    area_id = number_in(form.get("area", ""))
    if area_id is None or session.get(Area, area_id) is None:
        raise ProjectUnfit(field="area")
    planned = Planned(
        word_in(ProjectKind, form.get("kind")) or ProjectKind.LIVELIHOOD,
        form.get("title", ""),
        form.get("goal", ""),
        area_id,
        holder_in(sides.owners(session, area_id, desk.now)),
        day_of("day"),
    )
    ticket = _ticket(session, desk)
    account = ticket.account if ticket is not None else "main"
    made = making.make(session, planned, by=by, at=desk.now, account=account)
    if ticket is not None:
        making.link(session, made, ticket, by=by, at=desk.now)
    return made


def _ticket(session: Session, desk: Desk) -> Ticket | None:
    """NotFound for one that may not be seen, as for one nobody has."""
    number = number_in(request.values.get("ticket", ""))
    if number is None:
        return None
    seen = tickets_seen(session, desk, [number])
    if not seen:
        raise NotFound(number=f"#{number}")
    return seen[0]


def _form(desk: Desk, problem: str | None = None) -> str:
    """Who may answer for it depends on where it is, so that is said first."""
    with desk.reading() as session:
        places = sides.areas(session, desk.staff.person_id, desk.now)
        if not places:
            raise NotAllowed(number="")
        ticket = _ticket(session, desk)
        area = _area(places, ticket)
        return render(
            "project_new.html",
            places=places,
            area=area,
            area_name=full_name(session, area.id) if area else "",
            ticket=ticket,
            owners=sides.owners(session, area.id, desk.now) if area else (),
            kinds=list(ProjectKind),
            rules=load("projects"),
            problem=problem,
            given=request.form if problem else {},
        )


def _area(places: Sequence[Area], ticket: Ticket | None) -> Area | None:
    """The one that was chosen; else the community of the ticket."""
    wanted = number_in(request.values.get("area", ""))
    if wanted is None and ticket is not None:
        wanted = ticket.community_id
    return next((one for one in places if one.id == wanted), None)


def holder_in(offered: Sequence[Holder]) -> Holder | None:
    post = number_in(request.form.get("post", ""))
    return next((one for one in offered if one.post_id == post), None)


def day_of(field: str) -> date:
    """Raises ProjectUnfit where no day was given."""
    day = day_in(request.form.get(field, ""))
    if day is None:
        raise ProjectUnfit(field="day")
    return day


def photo_in(session: Session, desk: Desk) -> int | None:
    """The photo that came with the form: cleaned, and in its place before the row says so."""
    content = request.files["photo"].read() if "photo" in request.files else b""
    if not content:
        return None
    try:
        picture = clean(content)
    except NotAPicture as refused:
        raise ProjectUnfit(field="photo") from refused
    write_files(desk.settings.data_dir / "media", picture)
    return media.bring(
        session,
        sha256=picture.sha256,
        size=len(picture.jpeg),
        width=picture.width,
        height=picture.height,
        now=desk.now,
    )
