"""项目: the lists of a desk, one project with its plan, and every step on it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import request, url_for
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.changing import Act, Form, Problem, acted, calling
from app.console.desk import Desk
from app.console.fields import number_in
from app.console.grouped import page_of
from app.console.photos import picture
from app.console.project_forms import day_of, holder_in, photo_in
from app.console.rendering import render
from app.console.supervisions import tickets_seen
from config.policy import load
from config.settings import public_link
from models.listed import PAGE
from models.projects import going, lists, making, sides, steps
from models.projects.flow import PUBLIC, ProjectAction, ProjectKind
from models.projects.lists import Group, wanted_of
from models.projects.making import ProjectUnfit
from models.projects.table import Project
from models.supervisions import sides as supervising
from models.tickets.asked import word_in
from models.tickets.table import Ticket

# Of one milestone; the others stand in the list of what may be done.
OF_MILESTONES = (ProjectAction.REACH, ProjectAction.POSTPONE)
OFFERED = (
    *(ProjectAction.START, ProjectAction.NOTE, ProjectAction.SCHEDULE, ProjectAction.LINK),
    *(ProjectAction.FINISH, ProjectAction.HAND_OVER, ProjectAction.MOVE_END),
    *(ProjectAction.STOP, ProjectAction.TAKE_UP),
)


@page("/projects")
def projects(desk: Desk) -> Any:
    by, wanted = desk.staff.person_id, wanted_of(request.args)
    before = number_in(request.args.get("before", ""))
    with desk.reading() as session:
        found = lists.rows(session, by, wanted, desk.now, before, PAGE + 1)
        return render(
            "projects.html",
            **page_of(found),
            counts=lists.counts(session, by, wanted, desk.now),
            wanted=wanted,
            groups=list(Group),
            kinds=list(ProjectKind),
            query={"kind": wanted.kind} if wanted.kind else {},
            now=desk.now,
        )


@page("/projects/<int:project_id>")
def project(desk: Desk, project_id: int) -> Any:
    return _page(desk, project_id, {})


@page("/projects/<int:project_id>", "POST")
def project_act(desk: Desk, project_id: int) -> Any:
    by = desk.staff.person_id
    return acted(
        desk,
        ACTS,
        lambda session: lists.row_in(session, project_id, by, desk.now).project,
        page="console.project",
        project_id=project_id,
        shown=lambda problem: _page(desk, project_id, problem),
    )


@page("/projects/<int:project_id>/photos/<int:photo_id>")
def project_photo(desk: Desk, project_id: int, photo_id: int) -> Any:
    with desk.reading() as session:
        row = lists.row_in(session, project_id, desk.staff.person_id, desk.now)
        return picture(desk, lists.photo_of(session, row.project, photo_id))


def _words(form: Form) -> str:
    return form.get("words", "")


def _day(_: Form) -> date:
    return day_of("day")


def _note(session: Session, desk: Desk, found: Project, form: Form) -> None:
    photo = photo_in(session, desk)
    going.note(session, found, _words(form), photo, by=desk.staff.person_id, at=desk.now)


def _publish(session: Session, desk: Desk, found: Project, form: Form) -> None:
    told = lists.note_of(session, found, number_in(form.get("note", "")))
    going.publish(session, told, by=desk.staff.person_id, at=desk.now)


def _reach(session: Session, desk: Desk, found: Project, form: Form) -> None:
    milestone = going.milestone_of(session, found, number_in(form.get("milestone", "")))
    going.reach(session, milestone, _words(form), by=desk.staff.person_id, at=desk.now)


def _postpone(session: Session, desk: Desk, found: Project, form: Form) -> None:
    milestone = going.milestone_of(session, found, number_in(form.get("milestone", "")))
    words, by = _words(form), desk.staff.person_id
    going.postpone(session, milestone, _day(form), words, by=by, at=desk.now)


def _link(session: Session, desk: Desk, found: Project, form: Form) -> None:
    number = number_in(form.get("ticket", "").strip().removeprefix("#"))
    seen = tickets_seen(session, desk, [number] if number is not None else [])
    if not seen:
        raise ProjectUnfit(field="ticket")
    making.link(session, found, seen[0], by=desk.staff.person_id, at=desk.now)


def _hand_over(session: Session, desk: Desk, found: Project, _: Form) -> None:
    owner = holder_in(sides.owners(session, found.area_id, desk.now))
    making.hand_over(session, found, owner, by=desk.staff.person_id, at=desk.now)


ACTS: Mapping[str, Act] = {
    ProjectAction.START: calling(going.start),
    ProjectAction.NOTE: _note,
    ProjectAction.PUBLISH: _publish,
    ProjectAction.SCHEDULE: calling(making.schedule, _words, _day),
    ProjectAction.REACH: _reach,
    ProjectAction.POSTPONE: _postpone,
    ProjectAction.LINK: _link,
    ProjectAction.HAND_OVER: _hand_over,
    ProjectAction.MOVE_END: calling(going.move_end, _day, _words),
    ProjectAction.FINISH: calling(going.finish, _words),
    ProjectAction.STOP: calling(going.stop, _words),
    ProjectAction.TAKE_UP: calling(going.take_up, _day, _words),
}


def _page(desk: Desk, project_id: int, problem: Problem) -> str:
    by = desk.staff.person_id
    with desk.reading() as session:
        row = lists.row_in(session, project_id, by, desk.now)
        found = row.project
        allowed = steps.allowed(session, found, by=by, at=desk.now)
        may_ask = found.is_open and bool(supervising.choices_for(session, found, by, desk.now))
        return render(
            "project.html",
            row=row,
            milestones=lists.milestones(session, found),
            told=lists.told(session, found),
            tickets=_seen(session, desk, sides.tickets(session, found)),
            actions=[one for one in OFFERED if one in allowed],
            of_milestones=[one for one in OF_MILESTONES if one in allowed],
            may_publish=ProjectAction.PUBLISH in allowed,
            me=by,
            owners=sides.owners(session, found.area_id, desk.now),
            may_ask=may_ask,
            link=public_link(f"/p/projects/{found.public_id}") if found.state in PUBLIC else None,
            longest=load("projects")["longest_words"],
            act=url_for("console.project_act", project_id=project_id),
            problem=problem,
            given=request.form,
            done=word_in(ProjectAction, request.args.get("done")),
            is_new=request.args.get("done") == "make",
            now=desk.now,
        )


def _seen(session: Session, desk: Desk, tickets: Sequence[Ticket]) -> Sequence[Ticket]:
    """Of its tickets those that may be seen; of the others not even that there are some."""
    return tickets_seen(session, desk, [one.id for one in tickets])
