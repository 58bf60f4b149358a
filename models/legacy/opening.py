"""立项: a ticket, or several, made into a legacy problem with a task force and a plan."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from config.policy import load
from models import due_days, public_ids
from models.errors import AlreadyDone, NotAllowed, ReasonMissing, TooLate
from models.legacy import lists, sides, telling
from models.legacy.flow import OPENED, LegacyAction, LegacyState, Side
from models.legacy.steps import STEPS
from models.legacy.table import ForceMember, LegacyProblem, LegacyTicket, Milestone
from models.operations.sides import teams
from models.posts import Post, Role
from models.telling import Said
from models.tickets.table import Ticket


def open_problem(
    session: Session, ticket: Ticket, title: str, *, by: int, at: datetime
) -> LegacyProblem:
    """Raises NotAllowed, AlreadyDone (the ticket is part of one), ReasonMissing (no title)."""
    if not sides.may_open(session, ticket, by, at) or ticket.area_id is None:
        raise NotAllowed(number=ticket.number)
    if lists.of_ticket(session, ticket.id) is not None:
        raise AlreadyDone(number="")
    if not title.strip():
        raise ReasonMissing(number=ticket.number, action="open_legacy")
    problem = LegacyProblem(
        public_id=public_ids.new(),
        account=ticket.account,
        title=title.strip(),
        area_id=ticket.area_id,
        state=LegacyState.OPENED,
        opened_by=by,
        opened_at=at,
    )
    session.add(problem)
    session.flush()
    session.add(LegacyTicket(ticket_id=ticket.id, problem_id=problem.id, linked_at=at))
    detail = {"ticket": ticket.id}
    telling.tell(session, problem, Said(OPENED, at, by, Side.STAFF, detail=detail, words=title))
    return problem


def link(
    session: Session, problem: LegacyProblem, ticket: Ticket, *, by: int, at: datetime
) -> None:
    """Another ticket of the same problem; its residents hear of it from now on."""
    if not sides.may_open(session, ticket, by, at):
        raise NotAllowed(number=ticket.number)
    step = STEPS.begin(session, problem, LegacyAction.LINK, by=by, at=at)
    if lists.of_ticket(session, ticket.id) is not None:
        raise AlreadyDone(number="")
    session.add(LegacyTicket(ticket_id=ticket.id, problem_id=problem.id, linked_at=at))
    telling.tell(session, problem, step.said(detail={"ticket": ticket.id}))


def join(
    session: Session,
    problem: LegacyProblem,
    roles: Collection[Role],
    departments: Sequence[str],
    *,
    by: int,
    at: datetime,
) -> list[ForceMember]:
    """专班: posts and departments that work on it; nobody whom it is about."""
    step = STEPS.begin(session, problem, LegacyAction.JOIN, by=by, at=at)
    known = {one.person_id for one in sides.force(session, problem)} | {problem.opened_by}
    barred = known | sides.accused(session, problem, at)
    posts = teams(session, problem.area_id, roles, departments, at)
    asked = [_member(problem, one, at) for one in posts if one.person_id not in barred]
    session.add_all(asked)
    parties = {"new_force": [one.person_id for one in asked]}
    detail = {"posts": [one.post_id for one in asked]}
    telling.tell(session, problem, step.said(parties=parties, detail=detail))
    return asked


def _member(problem: LegacyProblem, post: Post, at: datetime) -> ForceMember:
    return ForceMember(
        problem_id=problem.id,
        post_id=post.id,
        person_id=post.person_id,
        role=post.role,
        department=post.department,
        joined_at=at,
    )


def plan(session: Session, problem: LegacyProblem, text: str, *, by: int, at: datetime) -> None:
    """The plan, or a better one: from now on everybody may read how it goes."""
    step = STEPS.begin(session, problem, LegacyAction.PLAN, by=by, at=at, words=text)
    problem.plan, problem.planned_at = text.strip(), at
    told = sides.residents(session, problem) if step.old == LegacyState.OPENED else []
    parties = {"residents": told, "force": sides.workers(session, problem, at)}
    telling.tell(session, problem, step.said(parties=parties, words=text))


def schedule(
    session: Session,
    problem: LegacyProblem,
    title: str,
    due_on: date,
    *,
    by: int,
    at: datetime,
) -> Milestone:
    """A dated step of the plan, reminded of before and on its day."""
    step = STEPS.begin(session, problem, LegacyAction.SCHEDULE, by=by, at=at, words=title)
    if due_days.is_past(due_on, at):
        raise TooLate(number=problem.number)
    milestone = Milestone(
        problem_id=problem.id,
        title=title.strip(),
        first_due_on=due_on,
        due_on=due_on,
    )
    milestone.wait(load("legacy"), at)
    session.add(milestone)
    session.flush()
    said = step.said(
        parties={"force": sides.workers(session, problem, at)},
        detail={"milestone": milestone.id, "due": due_on.isoformat()},
        context=telling.of_milestone(milestone),
        words=title,
    )
    telling.tell(session, problem, said)
    return milestone
