"""`/p/legacy`: long-standing matters and how far they are, for everybody to read."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, render_template, request
from sqlalchemy.orm import Session

from models import places
from models.base import Database
from models.legacy import lists, sides
from models.legacy.flow import MilestoneState
from models.legacy.table import LegacyProblem, Milestone
from models.localtime import local
from models.masking import masked
from models.places import Area, root_area_id

HIDDEN_NAME = "＊＊"
SHORTEST_NAME = 2

Hide = Callable[[str], str]


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
    following = next(iter(lists.waiting(session, problem)), None)
    return {
        "public_id": problem.public_id,
        "title": hide(problem.title),
        "area": places.full_name(session, problem.area_id),
        "state": problem.state,
        "outcome": problem.outcome,
        "next": following.due_on if following else None,
        "next_title": hide(following.title) if following else "",
    }


def _whole(session: Session, problem: LegacyProblem, now: datetime) -> dict[str, Any]:
    """Nothing of who reported, who wrote or who works on it: roles and departments alone."""
    hide = _hiding(session, [problem])
    today = local(now).date()
    steps = lists.milestones(session, problem)
    return _line(session, problem, hide) | {
        "plan": hide(problem.plan or "").splitlines(),
        "planned_at": problem.planned_at,
        "result": hide(problem.result or ""),
        "ended_at": problem.ended_at,
        "steps": [
            _step(one, hide) | {"is_late": one.due_on < today and one.reached_at is None}
            for one in steps
        ],
        "reached": sum(one.state == MilestoneState.REACHED for one in steps),
        "force": list(
            dict.fromkeys((one.role, one.department) for one in sides.force(session, problem))
        ),
        "progress": [
            {"text": hide(one.text or ""), "at": one.at} for one in lists.progress(session, problem)
        ],
    }


def _step(milestone: Milestone, hide: Hide) -> dict[str, Any]:
    return {
        "title": hide(milestone.title),
        "due": milestone.due_on,
        "first_due": milestone.first_due_on,
        "reason": hide(milestone.reason or ""),
        "reached_at": milestone.reached_at,
    }


def _hiding(session: Session, problems: Sequence[LegacyProblem]) -> Hide:
    """Masks a text, the names of everybody who has to do with these problems included."""
    names = lists.names_around(session, [one.id for one in problems])
    hidden = sorted((one for one in names if len(one) >= SHORTEST_NAME), key=len, reverse=True)

    def hide(text: str) -> str:
        for name in hidden:
            text = text.replace(name, HIDDEN_NAME)
        return masked(text)

    return hide
