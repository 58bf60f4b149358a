"""How steps on projects are taken and told to whom they concern."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from models.projects import sides, telling
from models.projects.flow import FLOW, ProjectState, Side
from models.projects.table import Project
from models.stepping import Step, Steps

STEPS = Steps(telling.SUBJECT, Project, FLOW, sides.held)
allowed = STEPS.allowed


def tell(
    session: Session,
    project: Project,
    step: Step[ProjectState, Side],
    words: str = "",
    second: Sequence[int] = (),
    **more: Any,
) -> None:
    """config/notifications.toml says which of these parties hears of it; `second` is to look."""
    parties = {
        "residents": sides.residents(session, project),
        "owner": sides.workers(session, project, step.at),
        "second": second,
    }
    said = step.said(parties=parties, words=words.strip() or None, **more)
    telling.tell(session, project, said)
