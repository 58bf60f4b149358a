"""What a supervision tells the log and the two it is between."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import due_days, on_duty, telling
from models.events import Event
from models.projects.table import Project
from models.supervisions import sides
from models.supervisions.table import Supervision
from models.telling import Said

SUBJECT = "supervision"


def tell(session: Session, one: Supervision, said: Said) -> Event:
    """Writes the event and the messages it causes. No resident is ever among the parties."""
    session.flush()
    return telling.tell(session, SUBJECT, one, said, facts(session, one, said.at))


def parties(session: Session, one: Supervision, at: datetime) -> dict[str, list[int]]:
    """The one who asks and the one who is asked, as far as somebody is there."""
    return {str(side): [person] for side, person in sides.persons(session, one, at).items()}


def facts(session: Session, one: Supervision, at: datetime) -> dict[str, Any]:
    """What the words about it are filled with: nothing a resident wrote."""
    here = on_duty.holders_at(session, one.area_id, at)
    roles = (held.role for held in here if held.person_id == one.supervisor_id)
    project = session.get_one(Project, one.project_id) if one.project_id is not None else None
    about = [] if project else [ticket.id for ticket in sides.tickets(session, one)]
    return {
        "supervision": one.id,
        "supervision_state": one.state,
        "due": due_days.noon(one.due_on),
        "title": project.title if project else "",
        "tickets": about,
        "by_role": next((role for role in roles if role in sides.supervisors()), None),
    }
