"""`/p/legacy`: long-standing matters and how far they are, for everybody to read."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, render_template, request
from sqlalchemy.orm import Session

from app.pages import plans
from models import places
from models.base import Database
from models.legacy import lists, sides
from models.legacy.table import LegacyProblem
from models.localtime import local
from models.masking import Hide, hiding
from models.places import Area, root_area_id


def add_routes(pages: Blueprint, database: Database, clock: Callable[[], datetime]) -> None:
    @pages.get("/legacy")
    def legacy_list() -> str:
        """Of one area, or of all."""
        with database.reading() as session:
            area_id = request.args.get("area", type=int) or root_area_id(session)
            area = session.get(Area, area_id) if area_id else None
            if area is None:
                abort(404)
            found = lists.public_in(session, area.id)
            hide = _hiding(session, found)
            lines = [_line(session, one, hide) for one in found]
            return render_template("pages/legacy_list.html", area=area.name, problems=lines)

    @pages.get("/legacy/<public_id>")
    def legacy(public_id: str) -> str:
        with database.reading() as session:
            found = lists.public(session, public_id)
            if found is None:
                abort(404)
            return render_template("pages/legacy.html", **_whole(session, found, clock()))


def _line(session: Session, problem: LegacyProblem, hide: Hide) -> dict[str, Any]:
    return plans.following(lists.waiting(session, problem), hide) | {
        "public_id": problem.public_id,
        "title": hide(problem.title),
        "area": places.full_name(session, problem.area_id),
        "state": problem.state,
        "outcome": problem.outcome,
    }


def _whole(session: Session, problem: LegacyProblem, now: datetime) -> dict[str, Any]:
    """Nothing of who reported, who wrote or who works on it: roles and departments alone."""
    hide = _hiding(session, [problem])
    steps = plans.steps(lists.milestones(session, problem), hide, local(now).date())
    return (
        _line(session, problem, hide)
        | steps
        | {
            "plan": hide(problem.plan or "").splitlines(),
            "planned_at": problem.planned_at,
            "result": hide(problem.result or ""),
            "ended_at": problem.ended_at,
            "force": list(
                dict.fromkeys((one.role, one.department) for one in sides.force(session, problem))
            ),
            "progress": [
                {"text": hide(one.text or ""), "at": one.at}
                for one in lists.public_progress(session, problem)
            ],
        }
    )


def _hiding(session: Session, problems: Sequence[LegacyProblem]) -> Hide:
    """The names of everybody who has to do with these problems are hidden too."""
    return hiding(lists.names_around(session, [one.id for one in problems]))
