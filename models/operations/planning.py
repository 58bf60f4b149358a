"""Before anybody is on site: planned, answered, begun, called off."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from config.policy import load
from models import conversations
from models.errors import NotAllowed, NotFound, ReasonMissing, TooLate
from models.operations import clock, sides, telling
from models.operations.flow import (
    INVITED,
    PLANNED,
    OperationAction,
    OperationState,
    Reply,
    Side,
)
from models.operations.steps import STEPS
from models.operations.table import Member, Operation
from models.outbox import Quiet
from models.places import Area
from models.posts import UNPAID, Post, Role
from models.telling import Said

ON_SITE = "on_site"  # the question that what is said on site answers


@dataclass(frozen=True, slots=True)
class Plan:
    """整治方案 — what is planned, where, when, what it looks at, and who is asked to come."""

    title: str
    area_id: int
    starts_at: datetime
    roles: tuple[Role, ...] = ()
    departments: tuple[str, ...] = ()
    targets: str = ""


def plan(
    session: Session, wanted: Plan, *, by: int, at: datetime, account: str = "main"
) -> Operation:
    """Everybody of the teams is asked to come. Raises NotAllowed, NotFound, TooLate."""
    if session.get(Area, wanted.area_id) is None:
        raise NotFound(number="")
    if not sides.may_plan(session, wanted.area_id, by, at):
        raise NotAllowed(number="")
    if not wanted.title.strip():
        raise ReasonMissing(number="", action="plan")
    if wanted.starts_at < at:
        raise TooLate(number="")
    operation = Operation(
        account=account,
        title=wanted.title.strip(),
        targets=wanted.targets.strip() or None,
        area_id=wanted.area_id,
        starts_at=wanted.starts_at,
        state=OperationState.PLANNED,
        leader_id=by,
        planned_at=at,
    )
    session.add(operation)
    clock.set_clock(operation, at)
    told = Said(PLANNED, at, by, Side.LEADER, detail={"starts": wanted.starts_at.isoformat()})
    telling.tell(session, operation, told)
    if asked := _ask(session, operation, wanted.roles, wanted.departments, at):
        invited = Said(INVITED, at, by, Side.LEADER, expires_at=operation.starts_at)
        telling.tell(session, operation, replace(invited, **_invitation(asked)))
    return operation


def invite(
    session: Session,
    operation: Operation,
    roles: Collection[Role],
    departments: Sequence[str],
    *,
    by: int,
    at: datetime,
) -> list[Member]:
    """再请人: further teams, also once it is under way; nobody is told where nobody is left."""
    step = STEPS.begin(session, operation, OperationAction.INVITE, by=by, at=at)
    if asked := _ask(session, operation, roles, departments, at):
        over = operation.starts_at
        if operation.started_at is not None:
            over = operation.started_at + timedelta(hours=load("operations")["on_site_hours"])
        telling.tell(session, operation, step.said(expires_at=over, **_invitation(asked)))
    return asked


def _ask(
    session: Session,
    operation: Operation,
    roles: Collection[Role],
    departments: Sequence[str],
    at: datetime,
) -> list[Member]:
    """These posts; who is asked already, and the leader, are left out."""
    known = {one.person_id for one in sides.members(session, operation)} | {operation.leader_id}
    when = max(operation.starts_at, at)
    posts = sides.teams(session, operation.area_id, roles, departments, when)
    asked = [_asked(operation, post, at) for post in posts if post.person_id not in known]
    session.add_all(asked)
    session.flush()
    return asked


def _invitation(asked: Sequence[Member]) -> dict[str, Any]:
    """Who does it for nothing is asked in other words."""
    unpaid = [one.person_id for one in asked if one.role in UNPAID]
    paid = [one.person_id for one in asked if one.role not in UNPAID]
    detail = {"posts": [one.post_id for one in asked]}
    return {"parties": {"paid": paid, "unpaid": unpaid}, "detail": detail}


def _asked(operation: Operation, post: Post, at: datetime) -> Member:
    return Member(
        operation_id=operation.id,
        post_id=post.id,
        person_id=post.person_id,
        role=post.role,
        department=post.department,
        reply=Reply.ASKED,
        asked_at=at,
    )


def reply(
    session: Session, operation: Operation, answer: Reply, *, by: int, at: datetime, words: str = ""
) -> Member:
    """Comes, or can not; nobody has to say why. The leader hears who of the teams does not."""
    step = STEPS.begin(session, operation, OperationAction.REPLY, by=by, at=at)
    member = sides.member_of(session, operation, by)
    if member is None:
        raise NotAllowed(number=operation.number)
    member.reply, member.replied_at = answer, at
    leader = sides.leader_of(session, operation, at)
    is_missed = answer == Reply.DECLINED and leader is not None
    said = step.said(
        parties={"leader": [leader] if is_missed and leader else []},
        detail={"reply": answer},
        context={"role": member.role, "department": member.department},
        words=words or None,
    )
    telling.tell(session, operation, said)
    if operation.state == OperationState.UNDER_WAY and answer == Reply.COMING:
        listen(session, operation, [by], at)
    return member


def start(session: Session, operation: Operation, *, by: int | None, at: datetime) -> None:
    """By the leader, or by the clock at its time: from now on what people tell is counted."""
    step = STEPS.begin(session, operation, OperationAction.START, by=by, at=at)
    operation.started_at = at
    clock.set_clock(operation, at)
    people = sides.coming(session, operation)
    leader = sides.leader_of(session, operation, at) or operation.leader_id
    listen(session, operation, [*people, leader], at)
    said = step.said(
        parties={"members": people, "leader": [leader]},
        quiet=Quiet.AWAKE,
        expires_at=at + timedelta(hours=load("operations")["on_site_hours"]),
    )
    telling.tell(session, operation, said)


def cancel(session: Session, operation: Operation, reason: str, *, by: int, at: datetime) -> None:
    """It does not take place; who was asked hears why."""
    step = STEPS.begin(session, operation, OperationAction.CANCEL, by=by, at=at, words=reason)
    clock.set_clock(operation, at)
    stop_listening(session, operation, at)
    people = sides.coming(session, operation)
    said = step.said(parties={"members": people}, words=reason.strip())
    telling.tell(session, operation, said)


def listen(session: Session, operation: Operation, people: Sequence[int], at: datetime) -> None:
    """What these persons say may be a finding now."""
    hours = load("operations")["on_site_hours"]
    for person_id in dict.fromkeys(people):
        asked = conversations.open_questions(session, person_id, at)
        if any(_is_about(one, operation) for one in asked):
            continue
        keep = {"operation": operation.id}
        conversations.ask(session, person_id, ON_SITE, keep, at, is_pushed=True, hours=hours)


def stop_listening(session: Session, operation: Operation, at: datetime) -> None:
    people = {one.person_id for one in sides.members(session, operation)}
    for person_id in people | {operation.leader_id}:
        for one in conversations.open_questions(session, person_id, at):
            if _is_about(one, operation):
                conversations.close(one, at)


def _is_about(question: conversations.Question, operation: Operation) -> bool:
    return question.kind == ON_SITE and question.context.get("operation") == operation.id
