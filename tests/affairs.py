"""What is no ticket, in every state and around a day: supervisions, plans, operations."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import localtime, public_ids
from models.directory.table import UnansweredQuestion
from models.legacy.flow import LegacyState
from models.legacy.table import LegacyProblem, LegacyTicket, Milestone
from models.mediations.table import Mediation, MediationFollowUp
from models.milestones import MilestoneState
from models.operations.flow import OperationState
from models.operations.table import Operation
from models.places import Area, AreaKind
from models.posts import Post
from models.projects.flow import ProjectKind, ProjectState
from models.projects.table import Project, ProjectMilestone, ProjectTicket
from models.supervisions.flow import SupervisionState
from models.supervisions.table import SupervisedTicket, Supervision
from models.tickets.table import Ticket
from tests.factories import demo_person, post_of

STREET, WORKER = "subdistrict_staff", "grid_worker"


def supervision(session: Session, where: Area, due_on: date, at: datetime, **more: Any) -> Any:
    """Asked by the subdistrict of a grid worker, unless told otherwise."""
    post: Post = more.pop("post", None) or post_of(session, WORKER)
    state = more.pop("state", SupervisionState.ASKED)
    ended = state in (SupervisionState.CLOSED, SupervisionState.WITHDRAWN)
    return _added(
        session,
        Supervision(
            account="main",
            area_id=where.id,
            supervisor_id=demo_person(session, STREET),
            post_id=post.id,
            person_id=post.person_id,
            state=state,
            asked_at=at,
            due_on=due_on,
            answered_at=None if state == SupervisionState.ASKED else at,
            ended_at=at if ended else None,
        ),
    )


def project(session: Session, where: Area, at: datetime, **more: Any) -> Any:
    state = more.pop("state", ProjectState.UNDER_WAY)
    ended = state in (ProjectState.DONE, ProjectState.STOPPED)
    return _added(
        session,
        Project(
            public_id=public_ids.new(),
            account="main",
            kind=ProjectKind.LIVELIHOOD,
            title="雨污分流",
            goal="汛前完成三栋楼的雨污分流",
            area_id=where.id,
            post_id=post_of(session, WORKER).id,
            state=state,
            made_by=demo_person(session, STREET),
            made_at=at,
            due_on=localtime.local(at).date() + timedelta(days=90),
            result="完工" if ended else None,
            ended_at=at if ended else None,
        ),
    )


def legacy(session: Session, where: Area, at: datetime, **more: Any) -> Any:
    state = more.pop("state", LegacyState.UNDER_WAY)
    return _added(
        session,
        LegacyProblem(
            public_id=public_ids.new(),
            account="main",
            title="3号楼外墙渗漏",
            area_id=where.id,
            state=state,
            opened_by=demo_person(session, "community_staff"),
            opened_at=at,
            plan="分三段重做防水" if state == LegacyState.UNDER_WAY else None,
        ),
    )


def step(session: Session, plan: Any, due_on: date, at: datetime, **more: Any) -> Any:
    """Of a project or of a legacy problem."""
    table, link = (
        (ProjectMilestone, "project_id") if isinstance(plan, Project) else (Milestone, "problem_id")
    )
    state = more.pop("state", MilestoneState.WAITING)
    reached_at = at if state == MilestoneState.REACHED else None
    given = {"first_due_on": due_on, "due_on": due_on, "state": state, "reached_at": reached_at}
    return _added(session, table(title="管道进场", **{link: plan.id}, **given))


def follow_up(session: Session, where: Area, due_on: date, at: datetime, **more: Any) -> Any:
    mediator = more.pop("mediator", None) or demo_person(session, "community_staff")
    held = Mediation(area_id=where.id, mediator_id=mediator, held_at=at, kept_at=at)
    _added(session, held)
    row = MediationFollowUp(mediation_id=held.id, due_on=due_on, done_at=more.pop("done_at", None))
    return _added(session, row)


def operation(session: Session, where: Area, starts_at: datetime, **more: Any) -> Any:
    state = more.pop("state", OperationState.PLANNED)
    return _added(
        session,
        Operation(
            account="main",
            title="飞线夜查",
            area_id=where.id,
            starts_at=starts_at,
            state=state,
            leader_id=demo_person(session, "community_staff"),
            planned_at=starts_at - timedelta(days=3),
            started_at=starts_at if state == OperationState.UNDER_WAY else None,
        ),
    )


def unanswered(session: Session, ticket: Ticket) -> None:
    _added(session, UnansweredQuestion(ticket_id=ticket.id, asked_at=ticket.opened_at))


def scatter(
    session: Session, chance: Random, tickets: list[Ticket], many: int, now: datetime
) -> None:
    """So many of each over the whole town, around today; some are of matters that accuse."""
    kinds = (AreaKind.COMMUNITY, AreaKind.ESTATE, AreaKind.GRID, AreaKind.BUILDING)
    places = session.scalars(select(Area).where(Area.kind.in_(kinds))).all()
    workers = [post_of(session, WORKER, count) for count in (1, 2)]
    for one in chance.sample(tickets, many):
        unanswered(session, one)
    for _ in range(many):
        day = localtime.local(now).date() + timedelta(days=chance.randrange(-3, 12))
        at = now + timedelta(hours=chance.randrange(-40, 40))
        asked = supervision(
            *(session, chance.choice(places), day, now),
            post=chance.choice(workers),
            state=chance.choice(list(SupervisionState)),
        )
        works = project(session, chance.choice(places), now, state=_one_of(chance, ProjectState))
        problem = legacy(
            *(session, chance.choice(places), now),
            state=chance.choice([LegacyState.OPENED, LegacyState.UNDER_WAY]),
        )
        for plan in (works, problem):
            step(session, plan, day, now, state=_one_of(chance, MilestoneState))
        follow_up(
            *(session, chance.choice(places), day, now), done_at=chance.choice([None, None, now])
        )
        operation(
            *(session, chance.choice(places), at),
            state=chance.choice(
                [OperationState.PLANNED, OperationState.UNDER_WAY, OperationState.CANCELLED]
            ),
        )
        link(session, asked, chance.choice(tickets), now)
    for plan, ticket in zip(
        session.scalars(select(LegacyProblem)).all(), chance.sample(tickets, many), strict=False
    ):
        link(session, plan, ticket, now)


def link(session: Session, plan: Any, ticket: Ticket, now: datetime) -> None:
    """This ticket becomes one of it."""
    number = {"ticket_id": ticket.id}
    if isinstance(plan, Supervision):
        _added(session, SupervisedTicket(supervision_id=plan.id, **number))
    elif isinstance(plan, Project):
        _added(session, ProjectTicket(project_id=plan.id, linked_at=now, **number))
    else:
        _added(session, LegacyTicket(problem_id=plan.id, linked_at=now, **number))


def _one_of(chance: Random, states: Any) -> Any:
    return chance.choice(list(states))


def _added(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row
