"""立项: a project is made, tickets become part of it, its milestones are set, others take it on."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from config.policy import load
from models import due_days, milestones, public_ids
from models.errors import AlreadyDone, DomainError, NotAllowed
from models.on_duty import Holder
from models.projects import lists, sides, telling
from models.projects.flow import MADE, ProjectAction, ProjectKind, ProjectState, Side
from models.projects.steps import STEPS, tell
from models.projects.table import Project, ProjectMilestone, ProjectTicket
from models.protection import accused_persons
from models.telling import Said
from models.tickets.table import Ticket


class ProjectUnfit(DomainError):
    """It can not be so: its `field` is title, goal, owner, day, area, ticket, photo or count."""

    template = "project_unfit"


@dataclass(frozen=True, slots=True)
class Planned:
    """立项内容 — what a new project is to be."""

    kind: ProjectKind
    title: str
    goal: str
    area_id: int
    owner: Holder | None
    due_on: date


def make(session: Session, planned: Planned, *, by: int, at: datetime, account: str) -> Project:
    """Raises NotAllowed and ProjectUnfit."""
    if not sides.may_make(session, planned.area_id, by, at):
        raise NotAllowed(number="")
    _check(planned)
    if planned.owner not in sides.owners(session, planned.area_id, at):
        raise ProjectUnfit(field="owner")
    check_day(planned.due_on, at)
    project = Project(
        public_id=public_ids.new(),
        account=account,
        kind=planned.kind,
        title=planned.title.strip(),
        goal=planned.goal.strip(),
        area_id=planned.area_id,
        post_id=planned.owner.post_id,
        state=ProjectState.PLANNED,
        made_by=by,
        made_at=at,
        due_on=planned.due_on,
        clock_at=due_days.next_moment(planned.due_on, load("projects"), at),
    )
    session.add(project)
    session.flush()
    told = {"owner": [planned.owner.person_id]}
    telling.tell(session, project, Said(MADE, at, by, Side.STAFF, parties=told))
    return project


def _check(planned: Planned) -> None:
    rules = load("projects")
    for field, words in (("title", planned.title), ("goal", planned.goal)):
        most = rules["longest_title" if field == "title" else "longest_words"]
        if not 1 <= len(words.strip()) <= most:
            raise ProjectUnfit(field=field, most=most)


def check_day(day: date, at: datetime) -> None:
    if due_days.is_past(day, at):
        raise ProjectUnfit(field="day")


def link(session: Session, project: Project, ticket: Ticket, *, by: int, at: datetime) -> None:
    """A matter becomes part of it: its residents hear how it goes from now on.

    One about whoever answers for the project is refused: they would have it in hand.
    """
    step = STEPS.begin(session, project, ProjectAction.LINK, by=by, at=at)
    barred = accused_persons(session, ticket, at)
    if by in barred or sides.owner(session, project, at) in barred:
        raise ProjectUnfit(field="ticket")
    if lists.of_ticket(session, ticket.id) is not None:
        raise AlreadyDone(number="")
    session.add(ProjectTicket(ticket_id=ticket.id, project_id=project.id, linked_at=at))
    session.flush()
    tell(session, project, step, detail={"ticket": ticket.id})


def schedule(
    session: Session, project: Project, title: str, day: date, *, by: int, at: datetime
) -> ProjectMilestone:
    """A dated step, reminded of before and on its day."""
    step = STEPS.begin(session, project, ProjectAction.SCHEDULE, by=by, at=at, words=title)
    check_day(day, at)
    most = load("projects")["most_milestones"]
    if len(lists.milestones(session, project)) >= most:
        raise ProjectUnfit(field="count", most=most)
    title = title.strip()[: load("projects")["longest_title"]]
    milestone = ProjectMilestone(project_id=project.id, title=title, first_due_on=day, due_on=day)
    milestone.wait(load("projects"), at)
    session.add(milestone)
    session.flush()
    context = milestones.facts(milestone)
    tell(session, project, step, detail={"milestone": milestone.id}, context=context)
    return milestone


def hand_over(
    session: Session, project: Project, owner: Holder | None, *, by: int, at: datetime
) -> None:
    """Another post answers for it."""
    step = STEPS.begin(session, project, ProjectAction.HAND_OVER, by=by, at=at)
    offered = sides.owners(session, project.area_id, at)
    barred = sides.accused(session, project, at)
    if owner not in offered or owner.post_id == project.post_id or owner.person_id in barred:
        raise ProjectUnfit(field="owner")
    detail = {"post": [project.post_id, owner.post_id]}
    project.post_id = owner.post_id
    tell(session, project, step, detail=detail)
