"""A ticket's action from a form of the console: the same verb as in chat, with what it needs."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.console.desk import Desk
from config.categories import Urgency
from models.errors import DomainError, NotFound
from models.ticket_flow import Action, Outcome
from models.tickets import arriving, assigning
from models.tickets.actions import apply
from models.tickets.sight import Sight, ticket_in
from models.tickets.step import Actor
from models.tickets.table import Ticket

LONGEST_PAUSE = 180  # days
OUTCOMES = (Outcome.FIXED, Outcome.CANNOT_FIX, Outcome.NOT_OURS)

Form = Mapping[str, str]


class FieldUnfit(DomainError):
    """What stands in one field can not be used; its words name the field."""

    template = "field_unfit"


def act(session: Session, desk: Desk, sight: Sight, ticket: Ticket, form: Form) -> None:
    """Raises what `apply` raises, FieldUnfit for a field, and NotFound for no such action."""
    action = action_of(form)
    by = desk.staff.person_id
    if action == Action.START and ticket.urgency == Urgency.EMERGENCY:
        arriving.arrive(session, ticket, by=by, at=desk.now)
        return
    needed = NEEDED.get(action)
    given = needed(session, desk, sight, ticket, form) if needed else {}
    reason = form.get("reason", "").strip() or None
    apply(session, ticket, action, by=Actor(by), at=desk.now, reason=reason, **given)


def action_of(form: Form) -> Action:
    try:
        return Action(form.get("action", ""))
    except ValueError as unknown:
        raise NotFound("no such action") from unknown


def _holder(session: Session, desk: Desk, _: Sight, ticket: Ticket, form: Form) -> dict[str, Any]:
    """Whom it goes to; a dispatch may leave that to the table."""
    wanted = form.get("holder", "")
    if not wanted and action_of(form) == Action.DISPATCH:
        return {}
    for one in assigning.paid_choices(session, ticket, desk.now):
        if str(one.post_id) == wanted:
            return {"holder": one}
    raise FieldUnfit(field="holder")


def _until(_: Session, desk: Desk, __: Sight, ___: Ticket, form: Form) -> dict[str, Any]:
    days = form.get("days", "").strip()
    if not (days.isascii() and days.isdigit() and 1 <= int(days) <= LONGEST_PAUSE):
        raise FieldUnfit(field="days", most=LONGEST_PAUSE)
    return {"until": desk.now + timedelta(days=int(days))}


def _outcome(_: Session, __: Desk, ___: Sight, ____: Ticket, form: Form) -> dict[str, Any]:
    wanted = form.get("outcome", Outcome.FIXED)
    if wanted not in OUTCOMES:
        raise FieldUnfit(field="outcome")
    return {"outcome": Outcome(wanted)}


def _into(session: Session, _: Desk, sight: Sight, ___: Ticket, form: Form) -> dict[str, Any]:
    number = form.get("into", "").strip().removeprefix("#")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise FieldUnfit(field="into")
    try:
        return {"into": ticket_in(session, sight, int(number))}
    except NotFound as hidden:
        raise FieldUnfit(field="into") from hidden


def _urgency(_: Session, __: Desk, ___: Sight, ____: Ticket, form: Form) -> dict[str, Any]:
    try:
        return {"urgency": Urgency(form.get("urgency", ""))}
    except ValueError as unknown:
        raise FieldUnfit(field="urgency") from unknown


Needed = Callable[[Session, Desk, Sight, Ticket, Form], dict[str, Any]]

NEEDED: Mapping[Action, Needed] = {
    Action.DISPATCH: _holder,
    Action.TRANSFER: _holder,
    Action.SUSPEND: _until,
    Action.RESOLVE: _outcome,
    Action.MERGE: _into,
    Action.SET_URGENCY: _urgency,
}
