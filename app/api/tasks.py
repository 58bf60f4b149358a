"""The tasks of staff and building heads: taken, given back, handed on, finished."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from app.api import paging
from app.api.routes import Call, Work, acts, reads
from app.api.schemas import Given, Number, PageQuery, Sent, Words
from app.api.ticket_schemas import Named, named
from config.categories import label_of
from models.errors import NotFound
from models.on_duty import Holder
from models.ticket_flow import Action, Outcome
from models.tickets import actions, assigning, finishing, lists
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Answer, Assignment, Part, Ticket

OFFERED = (Action.ACCEPT, Action.START, Action.SEND_BACK, Action.DECLINE, Action.RESOLVE)
STATE = ("transition_not_allowed", "not_allowed")


class TaskOut(Given):
    """任务 — a matter one was asked to work on; never who reported it."""

    ticket_id: int
    words: str
    class_name: str
    urgency: Named
    state: Named
    place: str | None
    spot: str | None
    part: Part
    answer: Answer
    asked_at: datetime
    accept_due: datetime
    resolve_due: datetime
    households: int


class TaskShown(TaskOut):
    """任务详情 — with what may be done with it now."""

    can: list[str]


class TaskPage(Given):
    items: list[TaskOut]
    next: str | None


class TaskDone(Given):
    """办理结果 — where the matter stands after a step with its task."""

    ticket_id: int
    state: Named


class Reason(Sent):
    reason: Words


class Colleague(Given):
    """可转派的人 — a post that may take it."""

    post_id: int
    role: Named
    name: str | None
    department: str | None


class Colleagues(Given):
    items: list[Colleague]


class HandOn(Sent):
    post_id: Number
    reason: Words


class Result(Sent):
    """办结 — how it ended, in words; honestly, also where it could not be done."""

    result: Words
    outcome: Literal["fixed", "cannot_fix", "not_ours"] = "fixed"


@reads("/tasks", gives=TaskPage, query=PageQuery, refuses=("cursor_unfit",))
def list_tasks(call: Call, query: PageQuery) -> Work:
    """What one was asked to work on and has not given back, what stands foremost first."""
    place = paging.position(call, query)
    after = place and (datetime.fromisoformat(place[0]), *place[1:])

    def work(session: Session) -> TaskPage:
        found = lists.tasks_after(session, call.who.person_id, after, query.limit + 1)
        return TaskPage(
            items=[TaskOut(**_task(*one)) for one in found[: query.limit]],
            next=paging.next_cursor(call, query, found, _place),
        )

    return work


@reads("/tasks/<int:ticket_id>", gives=TaskShown)
def show_task(call: Call, ticket_id: int) -> Work:
    """One of them, with what may be done with it now."""

    def work(session: Session) -> TaskShown:
        ticket, asked = _asked(session, call, ticket_id)
        by = Actor(call.who.person_id)
        allowed = actions.allowed(session, ticket, by=by, at=call.now)
        return TaskShown(**_task(ticket, asked), can=[one for one in OFFERED if one in allowed])

    return work


@acts("/tasks/<int:ticket_id>/acceptance", gives=TaskDone, refuses=STATE)
def accept_task(call: Call, ticket_id: int) -> Work:
    """Take it on."""
    return _taking(call, ticket_id, Action.ACCEPT)


@acts("/tasks/<int:ticket_id>/start", gives=TaskDone, refuses=STATE)
def start_task(call: Call, ticket_id: int) -> Work:
    """Begin with it."""
    return _taking(call, ticket_id, Action.START)


@acts("/tasks/<int:ticket_id>/declining", gives=TaskDone, refuses=STATE)
def decline_task(call: Call, ticket_id: int) -> Work:
    """Say no as a neighbour who was asked to help; no reason is needed."""
    return _taking(call, ticket_id, Action.DECLINE)


@acts(
    "/tasks/<int:ticket_id>/return",
    takes=Reason,
    gives=TaskDone,
    refuses=(*STATE, "reason_missing"),
)
def return_task(call: Call, ticket_id: int, body: Reason) -> Work:
    """Send it back, and why."""
    return _taking(call, ticket_id, Action.SEND_BACK, reason=body.reason)


@reads("/tasks/<int:ticket_id>/colleagues", gives=Colleagues)
def list_colleagues(call: Call, ticket_id: int) -> Work:
    """To whom it may be handed on."""

    def work(session: Session) -> Colleagues:
        found = _choices(session, call, _own(session, call, ticket_id))
        return Colleagues(items=[_colleague(one) for one in found])

    return work


@acts(
    "/tasks/<int:ticket_id>/transfer",
    takes=HandOn,
    gives=TaskDone,
    refuses=(*STATE, "reason_missing"),
)
def transfer_task(call: Call, ticket_id: int, body: HandOn) -> Work:
    """Hand it on to one of those, and why."""

    def given(session: Session, ticket: Ticket) -> dict[str, Any]:
        found = _choices(session, call, ticket)
        holder = next((one for one in found if one.post_id == body.post_id), None)
        if holder is None:
            raise NotFound
        return {"reason": body.reason, "holder": holder}

    return _step(
        call,
        ticket_id,
        lambda session, ticket: apply(
            session, ticket, Action.TRANSFER, **_by(call), **given(session, ticket)
        ),
    )


@acts(
    "/tasks/<int:ticket_id>/result",
    takes=Result,
    gives=TaskDone,
    refuses=(*STATE, "reason_missing"),
)
def finish_task(call: Call, ticket_id: int, body: Result) -> Work:
    """Tell the result; the resident is asked whether it is solved."""
    outcome, by = Outcome(body.outcome), call.who.person_id
    return _step(
        call,
        ticket_id,
        lambda session, ticket: finishing.finish(
            session, ticket, body.result, outcome, by=by, at=call.now
        ),
    )


def _taking(call: Call, ticket_id: int, action: Action, **given: Any) -> Work:
    return _step(
        call,
        ticket_id,
        lambda session, ticket: apply(session, ticket, action, **_by(call), **given),
    )


def _step(call: Call, ticket_id: int, take: Callable[[Session, Ticket], object]) -> Work:
    def work(session: Session) -> TaskDone:
        ticket = _own(session, call, ticket_id)
        take(session, ticket)
        return TaskDone(ticket_id=ticket.id, state=named(ticket.state, "state"))

    return work


def _by(call: Call) -> dict[str, Any]:
    return {"by": Actor(call.who.person_id), "at": call.now}


def _asked(session: Session, call: Call, ticket_id: int) -> lists.Task:
    """Of whom nothing is asked there is nothing there."""
    mine = lists.task_of(session, call.who.person_id, ticket_id)
    if mine is None:
        raise NotFound(number=f"#{ticket_id}")
    return mine


def _own(session: Session, call: Call, ticket_id: int) -> Ticket:
    return _asked(session, call, ticket_id)[0]


def _choices(session: Session, call: Call, ticket: Ticket) -> list[Holder]:
    return list(assigning.paid_choices(session, ticket, call.now))


def _colleague(one: Holder) -> Colleague:
    return Colleague(
        post_id=one.post_id,
        role=named(one.role, "role"),
        name=one.name,
        department=one.department,
    )


def _place(task: lists.Task) -> tuple[str | int, ...]:
    """As a cursor can hold it."""
    due, *numbers = lists.place_of(task)
    return due.isoformat(), *numbers


def _task(ticket: Ticket, asked: Assignment) -> dict[str, Any]:
    return {
        "ticket_id": ticket.id,
        "words": ticket.text or "",
        "class_name": label_of(ticket.category, ticket.subcategory),
        "urgency": named(ticket.urgency, "urgency"),
        "state": named(ticket.state, "state"),
        "place": ticket.place_name,
        "spot": ticket.spot,
        "part": asked.part,
        "answer": asked.answer,
        "asked_at": asked.asked_at,
        "accept_due": ticket.accept_due_at,
        "resolve_due": ticket.resolve_due_at,
        "households": ticket.households,
    }
