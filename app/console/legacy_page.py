"""What the page of one legacy problem shows: its plan, milestones, force, tickets and progress."""

from typing import Any

from sqlalchemy.orm import Session

from app.console.desk import Desk
from app.console.history import steps
from app.console.undoing import last_step
from config.policy import load
from config.settings import public_link
from models import listed
from models.legacy import desk as lists
from models.legacy import sides, undoing
from models.legacy.desk import Sight
from models.legacy.flow import FLOW, PUBLIC, LegacyAction, LegacyOutcome, MilestoneState
from models.legacy.lists import force_of, milestones, progress
from models.legacy.table import LegacyProblem
from models.legacy.telling import SUBJECT
from models.whistles.terms import departments

OUTCOMES = LegacyOutcome
OFFERED = (
    *(LegacyAction.PLAN, LegacyAction.NOTE, LegacyAction.SCHEDULE, LegacyAction.REACH),
    *(LegacyAction.POSTPONE, LegacyAction.JOIN, LegacyAction.LINK, LegacyAction.END),
)
NEEDS_MILESTONE = frozenset({LegacyAction.REACH, LegacyAction.POSTPONE})


def shown(session: Session, desk: Desk, sight: Sight, found: LegacyProblem) -> dict[str, Any]:
    held = sides.held(session, found, desk.staff.person_id, desk.now)
    dated = milestones(session, found)
    waiting = [one for one in dated if one.state == MilestoneState.WAITING]
    return {
        "legacy": found,
        "area": listed.place(session, found.area_id),
        "milestones": dated,
        "waiting": waiting,
        "today": sight.today,
        "force": force_of(session, found),
        "tickets": lists.tickets_in(session, sight, found),
        "progress": progress(session, found),
        "buttons": [
            one
            for one in OFFERED
            if FLOW.can(found.state, one, held) and (waiting or one not in NEEDS_MILESTONE)
        ],
        "may_publish": FLOW.can(found.state, LegacyAction.PUBLISH, held),
        "me": desk.staff.person_id,
        "undoable": last_step(session, desk, undoing, found.id),
        "outcomes": list(OUTCOMES),
        "team": list(load("operations")["team"]),
        "departments": departments(),
        "address": public_link(f"/p/legacy/{found.public_id}") if found.state in PUBLIC else "",
        "steps": steps(session, SUBJECT, found.id),
    }
