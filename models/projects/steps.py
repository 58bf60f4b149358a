"""How a step on a project begins and ends: by the one table of `flow`, told to whom it concerns."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.moves import Taken
from models.projects import sides, telling
from models.projects.flow import FLOW, ProjectAction, ProjectState, Side
from models.projects.table import Project
from models.telling import Said

Step = Taken[ProjectState, Side]


def allowed(
    session: Session, project: Project, *, by: int | None, at: datetime
) -> frozenset[ProjectAction]:
    """Everything this person (None: the clock) may do with it now."""
    held = sides.held(session, project, by, at)
    return frozenset(one for one in ProjectAction if FLOW.can(project.state, one, held))


def begin(
    session: Session,
    project: Project,
    action: ProjectAction,
    *,
    by: int,
    at: datetime,
    words: str | None = None,
) -> Step:
    """What may be done; the caller changes the state with what the new one needs, at once."""
    session.flush()
    session.refresh(project, with_for_update=True)
    held = sides.held(session, project, by, at)
    return FLOW.take(project.state, action, held, number=project.number, words=words)


def end(
    session: Session,
    project: Project,
    step: Step,
    *,
    by: int,
    at: datetime,
    words: str | None = None,
    detail: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> None:
    """config/notifications.toml says which of these parties hears of it."""
    parties = {
        "residents": sides.residents(session, project),
        "owner": sides.workers(session, project, at),
    }
    said = Said(
        step.move.verb,
        at,
        by,
        step.side,
        step.old,
        parties,
        detail or {},
        context or {},
        (words or "").strip() or None,
    )
    telling.tell(session, project, said)
