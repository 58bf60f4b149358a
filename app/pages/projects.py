"""`/p/projects`: what a place sets out to do, and how far it is, for everybody to read."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, send_from_directory
from sqlalchemy.orm import Session

from app.pages import plans
from models import media, places
from models.base import Database
from models.localtime import local
from models.masking import Hide, hiding
from models.places import Area, root_area_id
from models.projects import lists
from models.projects.table import Project


def add_routes(
    pages: Blueprint, database: Database, clock: Callable[[], datetime], folder: Path
) -> None:
    @pages.get("/projects")
    def project_list() -> str:
        """Of one area, or of all."""
        with database.reading() as session:
            area_id = request.args.get("area", type=int) or root_area_id(session)
            area = session.get(Area, area_id) if area_id else None
            if area is None:
                abort(404)
            found = [row.project for row in lists.public_in(session, area.id)]
            hide = hiding(lists.names_around(session, [one.id for one in found]))
            lines = [_line(session, one, hide) for one in found]
            return render_template("pages/project_list.html", area=area.name, projects=lines)

    @pages.get("/projects/<public_id>")
    def project(public_id: str) -> str:
        with database.reading() as session:
            found = _public(session, public_id)
            return render_template("pages/project.html", **_whole(session, found, clock()))

    @pages.get("/projects/<public_id>/photos/<int:photo_id>")
    def project_photo(public_id: str, photo_id: int) -> Response:
        """Of what this page shows, and of nothing else."""
        with database.reading() as session:
            photo = lists.public_photo_of(session, _public(session, public_id), photo_id)
            if photo is None:
                abort(404)
            path = media.path_of(photo.sha256 or "")
        return send_from_directory(folder.absolute(), path, mimetype="image/jpeg")


def _public(session: Session, public_id: str) -> Project:
    found = lists.public(session, public_id)
    if found is None:
        abort(404)
    return found


def _line(session: Session, project: Project, hide: Hide) -> dict[str, Any]:
    return plans.following(lists.waiting(session, project), hide) | {
        "public_id": project.public_id,
        "kind": project.kind,
        "title": hide(project.title),
        "area": places.full_name(session, project.area_id),
        "state": project.state,
    }


def _whole(session: Session, project: Project, now: datetime) -> dict[str, Any]:
    """Nothing of who reported, who wrote or who answers for it."""
    hide = hiding(lists.names_around(session, [project.id]))
    steps = plans.steps(lists.milestones(session, project), hide, local(now).date())
    return (
        _line(session, project, hide)
        | steps
        | {
            "goal": hide(project.goal).splitlines(),
            "due_on": project.due_on,
            "result": hide(project.result or ""),
            "ended_at": project.ended_at,
            "progress": [
                {
                    "text": hide(one.note.text or ""),
                    "at": one.note.at,
                    "photo": one.photo.id if one.photo else None,
                }
                for one in lists.public_told(session, project)
            ],
        }
    )
