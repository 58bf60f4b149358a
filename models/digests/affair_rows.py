"""Supervisions, steps of plans, follow-ups and operations as a list of a digest shows them."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import due_days, milestones
from models.legacy.table import LegacyProblem, Milestone
from models.listed import PLACE, placed
from models.mediations.table import Mediation, MediationFollowUp
from models.milestones import Dated
from models.operations.table import Operation
from models.posts import Post, Role
from models.projects.table import Project, ProjectMilestone
from models.supervisions.table import Supervision

Row = dict[str, Any]


def supervisions(session: Session, ids: Sequence[int]) -> list[Row]:
    """Which post is asked, about what, until when; nobody's words."""

    def row(one: Supervision, place: str, role: Role, department: str, title: str) -> Row:
        return {
            "supervision": one.id,
            "supervision_state": one.state,
            "due": due_days.noon(one.due_on),
            "role": role,
            "department": department,
            "about": title or place,
        }

    found = (
        placed(
            select(Supervision, PLACE, Post.role, Post.department, Project.title),
            Supervision.area_id,
        )
        .join(Post, Post.id == Supervision.post_id)
        .outerjoin(Project, Project.id == Supervision.project_id)
    )
    return _rows(session, found, Supervision.id, ids, row)


def project_steps(session: Session, ids: Sequence[int]) -> list[Row]:
    found = select(ProjectMilestone, Project.title, Project.id).join(
        Project, Project.id == ProjectMilestone.project_id
    )
    return _rows(session, found, ProjectMilestone.id, ids, _step)


def legacy_steps(session: Session, ids: Sequence[int]) -> list[Row]:
    found = select(Milestone, LegacyProblem.title, LegacyProblem.id).join(
        LegacyProblem, LegacyProblem.id == Milestone.problem_id
    )
    return _rows(session, found, Milestone.id, ids, _step)


def follow_ups(session: Session, ids: Sequence[int]) -> list[Row]:
    """Which mediation and when; nothing of who quarrels about what."""

    def row(one: MediationFollowUp, place: str) -> Row:
        due = due_days.noon(one.due_on)
        return {"mediation": one.mediation_id, "due": due, "place": place}

    found = select(MediationFollowUp, PLACE).join(
        Mediation, Mediation.id == MediationFollowUp.mediation_id
    )
    return _rows(session, placed(found, Mediation.area_id), MediationFollowUp.id, ids, row)


def operations(session: Session, ids: Sequence[int]) -> list[Row]:
    def row(one: Operation, place: str) -> Row:
        return {
            "operation": one.id,
            "operation_state": one.state,
            "title": one.title,
            "starts": one.starts_at.isoformat(),
            "place": place,
        }

    found = placed(select(Operation, PLACE), Operation.area_id)
    return _rows(session, found, Operation.id, ids, row)


def _step(one: Dated, title: str, plan: int) -> Row:
    return milestones.facts(one) | {"title": title, "plan": plan}


def _rows(
    session: Session,
    found: Any,
    number: InstrumentedAttribute[int],
    ids: Sequence[int],
    row: Callable[..., Row],
) -> list[Row]:
    """In the order of the list."""
    rows = {one.id: row(one, *more) for one, *more in session.execute(found.where(number.in_(ids)))}
    return [rows[one] for one in ids]
