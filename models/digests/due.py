"""When supervisions, steps of plans, operations and questions belong in a digest."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Date,
    Select,
    and_,
    bindparam,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from models import localtime
from models.base import UtcDateTime
from models.digests.table import ORDER, DigestKind, Section
from models.directory.table import UnansweredQuestion
from models.legacy import flow as legacy
from models.legacy.table import LegacyProblem, Milestone
from models.mediations.table import Mediation, MediationFollowUp
from models.milestones import MilestoneState
from models.operations import flow as operations
from models.operations.table import Operation
from models.places import AreaWithin
from models.posts import Post
from models.projects import flow as projects
from models.projects.table import Project, ProjectMilestone
from models.supervisions import flow as supervisions
from models.supervisions.flow import SupervisionState
from models.supervisions.table import Supervision
from models.tickets.table import IS_OPEN, Ticket
from models.unanswered.table import SettledText

DAYS_AHEAD = 7  # how soon a milestone is worth a word

_COMMUNITY: BindParameter[int] = bindparam("community")
_TODAY, _SOON = bindparam("today", type_=Date), bindparam("soon", type_=Date)
_DAWN, _NIGHT = bindparam("dawn", type_=UtcDateTime), bindparam("night", type_=UtcDateTime)
_INSIDE = select(AreaWithin.area_id).where(AreaWithin.outer_id == _COMMUNITY)


def due(
    session: Session, community_id: int, kind: DigestKind, now: datetime
) -> dict[Section, list[int]]:
    """The rows of each list, the nearest day first: one statement for all of them."""
    today = localtime.local(now).date()
    values = {
        "community": community_id,
        "today": today,
        "soon": today + timedelta(days=DAYS_AHEAD),
        "dawn": localtime.start_of_day(now),
        "night": localtime.end_of_day(now),
    }
    found: dict[Section, list[int]] = {}
    for number, _, section in session.execute(_due(kind), values):
        found.setdefault(Section(section), []).append(number)
    return found


@cache
def _due(kind: DigestKind) -> CompoundSelect[Any]:
    rows = _rows()
    parts = [
        rows[section].add_columns(literal(str(section)).label("section"))
        for section in ORDER[kind]
        if section in rows
    ]
    return union_all(*parts).order_by("day", "number")


def _rows() -> dict[Section, Select[Any]]:
    """Section → number and day of what belongs in it."""
    project_steps = _steps(ProjectMilestone, Project, ProjectMilestone.project_id, projects.OPEN)
    legacy_steps = _steps(Milestone, LegacyProblem, Milestone.problem_id, legacy.OPEN)
    return {
        **_supervisions(),
        Section.OPERATIONS: _operations(),
        Section.MILESTONES_LATE: project_steps.where(ProjectMilestone.due_on < _TODAY),
        Section.MILESTONES_SOON: project_steps.where(_is_soon(ProjectMilestone.due_on)),
        Section.LEGACY_LATE: legacy_steps.where(Milestone.due_on < _TODAY),
        Section.LEGACY_SOON: legacy_steps.where(_is_soon(Milestone.due_on)),
        Section.FOLLOW_UPS: _follow_ups(),
        Section.UNANSWERED: _unanswered(),
    }


def _is_soon(day: Any) -> ColumnElement[bool]:
    return and_(day >= _TODAY, day <= _SOON)


def _listed(number: Any, day: Any) -> Select[Any]:
    return select(number.label("number"), day.label("day"))


def _supervisions() -> dict[Section, Select[Any]]:
    """About matters of the community, or to be answered by a post in it."""
    posts = select(Post.id).where(Post.area_id.in_(_INSIDE))
    here = _listed(Supervision.id, Supervision.due_on).where(
        or_(Supervision.area_id.in_(_INSIDE), Supervision.post_id.in_(posts))
    )
    asked, day = Supervision.state == SupervisionState.ASKED, Supervision.due_on
    is_late = and_(asked, day < _TODAY)
    return {
        Section.SUPERVISIONS_LATE: here.where(is_late),
        Section.SUPERVISIONS_TODAY: here.where(asked, day == _TODAY),
        Section.SUPERVISIONS_OPEN: here.where(Supervision.state.in_(supervisions.OPEN), ~is_late),
    }


def _operations() -> Select[Any]:
    return _listed(Operation.id, _TODAY).where(
        Operation.area_id.in_(_INSIDE),
        Operation.state.in_(operations.OPEN),
        Operation.starts_at >= _DAWN,
        Operation.starts_at < _NIGHT,
    )


def _steps(step: Any, plan: Any, link: Any, open_states: Any) -> Select[Any]:
    """Milestones that are not reached, of plans that have not ended."""
    return (
        _listed(step.id, step.due_on)
        .join(plan, plan.id == link)
        .where(
            plan.area_id.in_(_INSIDE),
            plan.state.in_(open_states),
            step.state == MilestoneState.WAITING,
        )
    )


def _follow_ups() -> Select[Any]:
    return (
        _listed(MediationFollowUp.id, MediationFollowUp.due_on)
        .join(Mediation, Mediation.id == MediationFollowUp.mediation_id)
        .where(
            Mediation.area_id.in_(_INSIDE),
            MediationFollowUp.done_at.is_(None),
            MediationFollowUp.due_on <= _TODAY,
        )
    )


def _unanswered() -> Select[Any]:
    """Tickets whose reporter still waits for an answer that nobody knew; none that accuses."""
    settled = select(SettledText.id).where(SettledText.ticket_id == Ticket.id)
    return (
        _listed(Ticket.id, _TODAY)
        .join(UnansweredQuestion, UnansweredQuestion.ticket_id == Ticket.id)
        .where(
            Ticket.community_id == _COMMUNITY,
            IS_OPEN,
            Ticket.about.is_(None),
            Ticket.hides_reporter.is_(False),
            UnansweredQuestion.entry_id.is_(None),
            ~settled.exists(),
        )
    )
