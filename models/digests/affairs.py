"""Who reads which supervisions, steps of plans and operations: for lists that hold their rows."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, select, union_all
from sqlalchemy.orm import Session

from models.digests.table import Section
from models.legacy import desk as legacy
from models.legacy import flow as legacy_flow
from models.legacy.table import LegacyProblem, LegacyTicket, Milestone
from models.mediations import sides as mediations
from models.mediations.table import Mediation, MediationFollowUp
from models.operations import desk as operations
from models.operations.table import Operation
from models.projects import flow as projects_flow
from models.projects import lists as projects
from models.projects.table import Project, ProjectMilestone, ProjectTicket
from models.supervisions import sides as supervisions
from models.supervisions.table import Supervision
from models.tickets.table import Ticket

Lists = dict[Section, list[int]]
Condition = ColumnElement[bool]

# Section → of which rows its list is; of the others here, tickets.
TABLES: Mapping[Section, type[Any]] = {
    Section.SUPERVISIONS_LATE: Supervision,
    Section.SUPERVISIONS_TODAY: Supervision,
    Section.SUPERVISIONS_OPEN: Supervision,
    Section.OPERATIONS: Operation,
    Section.MILESTONES_LATE: ProjectMilestone,
    Section.MILESTONES_SOON: ProjectMilestone,
    Section.LEGACY_LATE: Milestone,
    Section.LEGACY_SOON: Milestone,
    Section.FOLLOW_UPS: MediationFollowUp,
}


def seen(
    session: Session, lists: Mapping[Section, Collection[int]], by: int, now: datetime
) -> Lists:
    """Of these lists what somebody may read, in its order; of tickets nothing is said here."""
    conditions = {table: _READABLE[table](session, by, now) for table in _tables_in(lists)}
    return _left(session, lists, conditions)


def told_to_groups(session: Session, lists: Mapping[Section, Collection[int]]) -> Lists:
    """What everybody may read, and is about nobody: steps of what is public."""
    return _left(session, lists, {one: _PUBLIC[one] for one in _tables_in(lists) & _PUBLIC.keys()})


def _tables_in(lists: Mapping[Section, Collection[int]]) -> set[type[Any]]:
    return {TABLES[section] for section, ids in lists.items() if section in TABLES and ids}


def _left(
    session: Session,
    lists: Mapping[Section, Collection[int]],
    conditions: Mapping[type[Any], Condition],
) -> Lists:
    mine = {section: ids for section, ids in lists.items() if TABLES.get(section) in conditions}
    if not mine:
        return {}
    wanted: dict[type[Any], set[int]] = {}
    for section, ids in mine.items():
        wanted.setdefault(TABLES[section], set()).update(ids)
    parts = (
        select(literal(table.__tablename__), table.id).where(table.id.in_(ids), conditions[table])
        for table, ids in wanted.items()
    )
    left = {tuple(row) for row in session.execute(union_all(*parts))}
    return {
        section: [one for one in ids if (TABLES[section].__tablename__, one) in left]
        for section, ids in mine.items()
    }


def _project_steps(session: Session, by: int, at: datetime) -> Condition:
    mine = select(Project.id).where(projects.readable(session, by, at))
    return ProjectMilestone.project_id.in_(mine)


def _legacy_steps(session: Session, by: int, at: datetime) -> Condition:
    mine = select(LegacyProblem.id).where(legacy.sight_of(session, by, at).condition())
    return Milestone.problem_id.in_(mine)


def _follow_ups(session: Session, by: int, at: datetime) -> Condition:
    mine = select(Mediation.id).where(mediations.readable(session, by, at))
    return MediationFollowUp.mediation_id.in_(mine)


def _operations(session: Session, by: int, at: datetime) -> Condition:
    return operations.sight_of(session, by, at).condition()


_READABLE: Mapping[type[Any], Callable[[Session, int, datetime], Condition]] = {
    Supervision: supervisions.readable,
    ProjectMilestone: _project_steps,
    Milestone: _legacy_steps,
    MediationFollowUp: _follow_ups,
    Operation: _operations,
}


def _accuses(link: Any, plan: Any) -> Select[int]:
    return select(plan).join(Ticket, Ticket.id == link.ticket_id).where(Ticket.about.is_not(None))


_PUBLIC: Mapping[type[Any], Condition] = {
    ProjectMilestone: and_(
        ProjectMilestone.project_id.in_(
            select(Project.id).where(Project.state.in_(projects_flow.PUBLIC))
        ),
        ProjectMilestone.project_id.not_in(_accuses(ProjectTicket, ProjectTicket.project_id)),
    ),
    Milestone: and_(
        Milestone.problem_id.in_(
            select(LegacyProblem.id).where(LegacyProblem.state.in_(legacy_flow.PUBLIC))
        ),
        Milestone.problem_id.not_in(_accuses(LegacyTicket, LegacyTicket.problem_id)),
    ),
}
