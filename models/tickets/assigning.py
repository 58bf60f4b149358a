"""Hands a ticket from post to post, and keeps who was asked and what they answered."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config.policy import load
from models import dispatch
from models.dispatch import Holder
from models.errors import NotFound
from models.posts import PAID, Role
from models.protection import holders_for, rule_of
from models.ticket_flow import MAX_RETURNS, Level
from models.tickets.step import Step
from models.tickets.table import ACTIVE, Answer, Assignment, Part, Supporter, Ticket


def hand_to(session: Session, ticket: Ticket, holder: Holder, at: datetime) -> None:
    """A new owner; the former one is released. Helpers stay."""
    release_owner(session, ticket, at, Answer.RELEASED)
    ask(session, ticket, [holder], Part.OWNER, at)
    ticket.owner_post_id, ticket.owner_id = holder.post_id, holder.person_id


def ask(
    session: Session, ticket: Ticket, holders: Iterable[Holder], part: Part, at: datetime
) -> None:
    for holder in holders:
        session.add(
            Assignment(
                ticket_id=ticket.id,
                post_id=holder.post_id,
                person_id=holder.person_id,
                part=part,
                answer=Answer.ASKED,
                asked_at=at,
            )
        )
    session.flush()


def release_owner(session: Session, ticket: Ticket, at: datetime, answer: Answer) -> None:
    for row in _active(session, ticket):
        if row.part == Part.OWNER:
            row.answer, row.answered_at = answer, at


def replace_helpers(
    session: Session, ticket: Ticket, holders: Iterable[Holder], at: datetime
) -> None:
    """Helpers of another place are released, those of this one asked."""
    wanted = list(holders)
    kept = set()
    for row in _active(session, ticket):
        if row.part != Part.HELPER:
            continue
        if row.person_id in {one.person_id for one in wanted}:
            kept.add(row.person_id)
        else:
            row.answer, row.answered_at = Answer.RELEASED, at
    ask(session, ticket, [one for one in wanted if one.person_id not in kept], Part.HELPER, at)


def finish_all(session: Session, ticket: Ticket, at: datetime) -> None:
    for row in _active(session, ticket):
        is_done = row.answer == Answer.ACCEPTED
        row.answer, row.answered_at = (Answer.DONE if is_done else Answer.RELEASED), at


def next_owner(step: Step) -> Holder | None:
    """Whom the table names now."""
    ticket = step.ticket
    holders = holders_for(step.session, ticket, step.at)
    return dispatch.plan(holders, rule_of(ticket), level=ticket.level).owner


def after_return(step: Step) -> Holder | None:
    """Who gets a returned ticket: another holder, then a level up, then the community decides."""
    ticket = step.ticket
    if ticket.returns >= MAX_RETURNS:
        step.detail["is_arbitration"] = True
        return _at_level(step, Level.COMMUNITY)
    if ticket.returns == MAX_RETURNS - 1:
        level, holder = one_level_up(step)
        step.detail["from_level"], step.detail["to_level"] = ticket.level, level
        ticket.level = level
        return holder
    returned = frozenset({step.actor.person_id or 0})
    holders = holders_for(step.session, ticket, step.at)
    other = dispatch.plan(holders, rule_of(ticket), level=ticket.level, barred=returned).owner
    return other or _at_level(step, Level.COMMUNITY)


def one_level_up(step: Step) -> tuple[Level, Holder]:
    """The next level that has a holder; a level nobody holds is passed over and told of."""
    level = step.ticket.level.up()
    while level is not None:
        holder = _at_level(step, level)
        if holder is not None:
            return level, holder
        step.detail.setdefault("gap", []).append(level)
        level = level.up()
    desk = _holder(step, (Role.DUTY_DESK,), None)
    if desk is None:
        raise NotFound(number=step.ticket.number)
    return step.ticket.level.up() or step.ticket.level, desk


def _at_level(step: Step, level: Level) -> Holder | None:
    roles = load("dispatch")["levels"].get(level, ())
    department = dispatch.department_of(step.ticket.category) if level == Level.DEPARTMENT else None
    return _holder(step, roles, department)


def _holder(step: Step, roles: Iterable[str], department: str | None) -> Holder | None:
    hidden = rule_of(step.ticket).hidden_from
    holders = holders_for(step.session, step.ticket, step.at)
    accused = frozenset(one.person_id for one in holders if one.role in hidden)
    return dispatch.holder_of(holders, tuple(roles), department=department, barred=accused)


def active_of(session: Session, ticket: Ticket, person_id: int | None) -> Assignment | None:
    """What this person was asked on this ticket and has not ended, the latest."""
    return session.scalars(
        select(Assignment)
        .where(
            Assignment.ticket_id == ticket.id,
            Assignment.person_id == person_id,
            Assignment.answer.in_(ACTIVE),
        )
        .order_by(Assignment.id.desc())
    ).first()


def paid_choices(session: Session, ticket: Ticket, at: datetime) -> list[Holder]:
    """Whom a ticket may be transferred to, nearest first; nobody twice, nobody it is about."""
    hidden = rule_of(ticket).hidden_from
    holders = holders_for(session, ticket, at)
    accused = {one.person_id for one in holders if one.role in hidden}
    skip = accused | {ticket.owner_id}
    choices = []
    for one in holders:
        if one.role in PAID and one.person_id not in skip:
            skip.add(one.person_id)
            choices.append(one)
    return choices


def join(session: Session, ticket: Ticket, person_id: int, at: datetime) -> None:
    """同求: this neighbour hears of the ticket's progress from now on."""
    known = select(Supporter.id).where(
        Supporter.ticket_id == ticket.id, Supporter.person_id == person_id
    )
    if person_id != ticket.reporter_id and session.scalar(known) is None:
        session.add(Supporter(ticket_id=ticket.id, person_id=person_id, joined_at=at))
        session.flush()


def leave(session: Session, ticket_id: int | None, person_id: int) -> None:
    session.execute(
        delete(Supporter).where(Supporter.ticket_id == ticket_id, Supporter.person_id == person_id)
    )


def _active(session: Session, ticket: Ticket) -> list[Assignment]:
    return list(
        session.scalars(
            select(Assignment).where(
                Assignment.ticket_id == ticket.id, Assignment.answer.in_(ACTIVE)
            )
        )
    )
