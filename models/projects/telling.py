"""What a project tells the log and people: every step an event of its own."""

from typing import Any

from sqlalchemy.orm import Session

from config.settings import public_link
from models import due_days, places, telling
from models.events import Event
from models.projects.table import Project
from models.telling import Said

SUBJECT = "project"


def tell(session: Session, project: Project, said: Said) -> Event:
    """Writes the event and the messages it causes."""
    session.flush()
    return telling.tell(session, SUBJECT, project, said, facts(session, project))


def facts(session: Session, project: Project) -> dict[str, Any]:
    """What the words about a project are filled with. Nothing in it tells who reported."""
    return {
        "project": project.id,
        "project_kind": project.kind,
        "project_state": project.state,
        "title": project.title,
        "area": places.full_name(session, project.area_id),
        "project_due": due_days.noon(project.due_on),
        "link": public_link(f"/p/projects/{project.public_id}"),
    }
