"""What a report says of projects, supervision and mediation: what is due, late, and how many."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.reports.document import Cell, Form, Table
from config.policy import load
from models.masking import masked
from models.mediations import lists as mediations
from models.projects import lists as projects
from models.projects.lists import Row as ProjectRow
from models.reports.composing import Composed
from models.supervisions import lists as supervisions
from models.supervisions.flow import SupervisionState
from models.supervisions.lists import Row as SupervisionRow

MOST = 40  # rows; the lists of the console have the rest


def tables(session: Session, composed: Composed) -> list[Table]:
    """Of the place of the report; no supervision with a matter that is hidden from its reader."""
    scope = composed.scope
    now = scope.now
    steered = projects.steered_in(session, scope.area_id, scope.period.first, now, MOST)
    asked = supervisions.steered_in(session, scope.area_id, scope.hidden, scope.period.first, MOST)
    return [
        _table("projects", [_project(row, now) for row in steered]),
        _table("supervisions", [_supervision(row, now) for row in asked]),
        _table("mediations", _mediations(session, composed)),
    ]


def _table(key: str, rows: Sequence[Sequence[str | int]]) -> Table:
    words = load("labels")["steering"]
    return Table(key, words[key], words[f"{key}_heads"].split(), [_cells(row) for row in rows])


def _cells(row: Sequence[str | int]) -> list[Cell]:
    return [Cell(one, Form.TEXT if isinstance(one, str) else Form.COUNT) for one in row]


def _project(row: ProjectRow, now: datetime) -> Sequence[str]:
    labels, one = load("labels"), row.project
    late = labels["steering"]["late"] if one.is_late(now) else ""
    return (
        masked(one.title),
        labels["project_kind"][one.kind],
        row.area,
        _post(row.department, row.role),
        labels["project_state"][one.state],
        one.due_on.isoformat() + late,
    )


def _supervision(row: SupervisionRow, now: datetime) -> Sequence[str]:
    """By post and number: figures of persons are nobody else's."""
    labels, one = load("labels"), row.one
    late = labels["steering"]["late"] if one.is_late(now) else ""
    state = labels["supervision_state"][one.state]
    is_waiting = one.state == SupervisionState.ASKED
    return (
        one.number,
        row.area,
        _post(row.department, row.role),
        one.due_on.isoformat(),
        (late or state) if is_waiting else state + late,
    )


def _mediations(session: Session, composed: Composed) -> list[Sequence[str | int]]:
    """A number a period, and nothing else."""
    periods = (composed.scope.period, *composed.others)
    days = [(one.first, one.last) for one in periods]
    found = mediations.numbers_in(session, composed.scope.area_id, days)
    return [[load("labels")["steering"]["held"], *found]] if any(found) else []


def _post(department: str | None, role: str) -> str:
    labels = load("labels")
    return (labels["department"][department] if department else "") + str(labels["role"][role])
