"""Planning a joint operation: what, where, when, and who is asked to come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request, url_for
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.acting import FieldUnfit
from app.console.changing import Form, Problem, changed
from app.console.desk import Desk
from app.console.fields import number_in, words_in
from app.console.rendering import render
from config.policy import load
from models.localtime import SHANGHAI
from models.operations import planning
from models.operations.desk import places_to_plan, sight_of
from models.operations.planning import Plan
from models.posts import Role
from models.whistles.terms import departments

LONGEST_TARGETS = 60

Teams = tuple[tuple[Role, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Draft:
    """整治表单 — what the form of a plan holds, as it was typed."""

    title: str = ""
    targets: str = ""
    area_id: int | None = None
    starts: str = ""
    roles: tuple[Role, ...] = ()
    departments: tuple[str, ...] = ()


@page("/operations/new")
def operation_new(desk: Desk) -> Any:
    return _form(desk, Draft(), {})


@page("/operations/new", "POST")
def operation_plan(desk: Desk) -> Any:
    draft = _read()
    kept: list[int] = []

    def plan(session: Session) -> None:
        wanted = _plan(draft, desk.now)
        operation = planning.plan(session, wanted, by=desk.staff.person_id, at=desk.now)
        kept.append(operation.id)

    return changed(
        desk,
        plan,
        field="form",
        done=lambda: url_for("console.operation", number=kept[0], done="plan"),
        shown=lambda problem: _form(desk, draft, problem),
    )


def _read() -> Draft:
    form = request.form
    roles, named = _teams(form)
    return Draft(
        title=" ".join(form.get("title", "").split())[: longest_title()],
        targets=words_in(form, LONGEST_TARGETS, "targets"),
        area_id=number_in(form.get("area", "")),
        starts=form.get("starts", ""),
        roles=roles,
        departments=named,
    )


def _plan(draft: Draft, now: datetime) -> Plan:
    """Raises FieldUnfit for what is missing or can not be."""
    starts_at = _moment(draft.starts)
    checks = (
        ("title", bool(draft.title)),
        ("area", draft.area_id is not None),
        ("starts", starts_at is not None and starts_at >= now),
    )
    for field, is_there in checks:
        if not is_there:
            raise FieldUnfit(field=field)
    _check_teams(draft.roles, draft.departments)
    assert draft.area_id is not None and starts_at is not None
    teams = draft.roles, draft.departments
    return Plan(draft.title, draft.area_id, starts_at, *teams, draft.targets)


def teams_in(form: Form) -> Teams:
    """The roles and departments that are ticked. Raises FieldUnfit where none is."""
    teams = _teams(form)
    _check_teams(*teams)
    return teams


def _teams(form: Form) -> Teams:
    roles = tuple(Role(one) for one in form.getlist("roles") if one in team())
    return roles, tuple(one for one in form.getlist("departments") if one in departments())


def _check_teams(roles: tuple[Role, ...], named: tuple[str, ...]) -> None:
    if not roles and not named:
        raise FieldUnfit(field="teams")


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    except ValueError:
        return None


def team() -> dict[str, Any]:
    rows: dict[str, Any] = load("operations")["team"]
    return rows


def longest_title() -> int:
    return int(load("operations")["plan"]["longest_title"])


def _form(desk: Desk, draft: Draft, problem: Problem) -> str:
    with desk.reading() as session:
        sight = sight_of(session, desk.staff.person_id, desk.now)
        return render(
            "operation_form.html",
            draft=draft,
            problem=problem,
            places=places_to_plan(session, sight),
            team=list(team()),
            departments=departments(),
            most=longest_title(),
            most_targets=LONGEST_TARGETS,
        )
