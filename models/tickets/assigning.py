"""Hands a ticket from post to post, and keeps who was asked and what they answered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from config.policy import load
from models import dispatch
from models.dispatch import Loads
from models.dispatch_changes import changes_at
from models.on_duty import Holder
from models.posts import PAID, Post, Role, is_held
from models.protection import accused_persons, holders_for, rule_of
from models.ticket_flow import MAX_RETURNS, Level
from models.tickets import clock, levels
from models.tickets.step import Step
from models.tickets.table import ACTIVE, Answer, Assignment, Part, Ticket

_ACTIVE_OF = (
    select(Assignment)
    .where(
        Assignment.ticket_id == bindparam("ticket_id"),
        Assignment.person_id == bindparam("person_id"),
        Assignment.answer.in_(ACTIVE),
    )
    .order_by(Assignment.id.desc())
)


def hand_to(session: Session, ticket: Ticket, holder: Holder, at: datetime) -> None:
    """A new owner; the former one is released. Helpers stay. The level never falls by it.

    Who comes in after the first has accepted, or let the time pass, has that time anew: or else
    silence would stay unnoticed until the deadline.
    """
    release_owner(session, ticket, at, Answer.RELEASED)
    ask(session, ticket, [holder], Part.OWNER, at)
    ticket.level = levels.highest(ticket.level, levels.level_of(holder.role))
    ticket.owner_post_id, ticket.owner_id = holder.post_id, holder.person_id
    if ticket.accepted_at is not None or at >= ticket.accept_due_at:
        clock.begin_level(ticket, at)


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
) -> list[Holder]:
    """Helpers of another place are released, those of this one asked; returns who is new."""
    wanted = list(holders)
    kept = set()
    for row in _active(session, ticket):
        if row.part != Part.HELPER:
            continue
        if row.person_id in {one.person_id for one in wanted}:
            kept.add(row.person_id)
        else:
            row.answer, row.answered_at = Answer.RELEASED, at
    new = [one for one in wanted if one.person_id not in kept]
    ask(session, ticket, new, Part.HELPER, at)
    return new


def alert(
    session: Session, ticket: Ticket, holders: Iterable[Holder], at: datetime
) -> list[Holder]:
    """Alerts those who are not asked yet; returns them."""
    asked = {row.person_id for row in _active(session, ticket)}
    new = [one for one in holders if one.person_id not in asked]
    ask(session, ticket, new, Part.ALERTED, at)
    return new


def finish_all(session: Session, ticket: Ticket, at: datetime) -> None:
    for row in _active(session, ticket):
        is_done = row.answer == Answer.ACCEPTED
        row.answer, row.answered_at = (Answer.DONE if is_done else Answer.RELEASED), at


@dataclass(frozen=True, slots=True)
class Rise:
    """上报一级 — the next level that has somebody else, and the empty ones passed over."""

    level: Level
    holder: Holder
    gap: tuple[Level, ...]


def next_owner(step: Step, returned_by: frozenset[int] = frozenset()) -> Holder | None:
    """Whom the table names now, and not those who have just returned it."""
    ticket = step.ticket
    holders = holders_for(step.session, ticket, step.at)
    barred = accused_persons(step.session, ticket, step.at) | returned_by
    loads, level = dispatch.loads(step.session), levels.raised(step.session, ticket)
    rule = rule_of(step.session, ticket)
    return dispatch.plan(holders, rule, loads, level=level, barred=barred).owner


def after_return(step: Step) -> Holder | None:
    """Who gets a returned ticket: another holder, then a level up, then the community decides."""
    session, ticket, at = step.session, step.ticket, step.at
    returned = frozenset({step.actor.person_id or 0})
    loads = dispatch.loads(session)
    if ticket.returns >= MAX_RETURNS:
        step.detail["is_arbitration"] = True
        return (
            _at_level(session, ticket, at, Level.COMMUNITY, loads, returned)
            or _at_level(session, ticket, at, Level.COMMUNITY, loads)
            or _desk(session, ticket, at)
        )
    if ticket.returns == MAX_RETURNS - 1:
        found = go_up(step)
        if found is not None:
            return found
    return (
        next_owner(step, returned)
        or _at_level(session, ticket, at, Level.COMMUNITY, loads)
        or _desk(session, ticket, at)
    )


def go_up(step: Step) -> Holder | None:
    """Puts the ticket on the next level; returns who takes it there."""
    rise = next_level(step.session, step.ticket, step.at)
    if rise is None:
        return None
    step.detail["from_level"], step.detail["to_level"] = step.ticket.level, rise.level
    if rise.gap:
        step.detail["gap"] = list(rise.gap)
    step.ticket.level = rise.level
    return rise.holder


def next_level(session: Session, ticket: Ticket, at: datetime) -> Rise | None:
    """The next level above the owner; the duty desk when nobody is left, and then nobody."""
    return _rise(session, ticket, at, dispatch.loads(session))


def is_anybody_above(session: Session, ticket: Ticket, at: datetime) -> bool:
    """Whether it can go up; who of equals would take it needs not be known for that."""
    return _rise(session, ticket, at, dispatch.unweighed) is not None


def _rise(session: Session, ticket: Ticket, at: datetime, loads: Loads) -> Rise | None:
    gap: list[Level] = []
    others = frozenset({ticket.owner_id or 0})
    first = level = ticket.level.up()
    while level is not None:
        holder = _at_level(session, ticket, at, level, loads, others)
        if holder is not None:
            return Rise(level, holder, tuple(gap))
        if _at_level(session, ticket, at, level, dispatch.unweighed) is None:
            gap.append(level)
        level = level.up()
    desk = _holder(session, ticket, at, (Role.DUTY_DESK,), loads, others)
    return Rise(first, desk, tuple(gap)) if first is not None and desk is not None else None


def _at_level(
    session: Session,
    ticket: Ticket,
    at: datetime,
    level: Level,
    loads: Loads,
    barred: frozenset[int] = frozenset(),
) -> Holder | None:
    roles = load("dispatch")["levels"].get(level, ())
    return _holder(session, ticket, at, roles, loads, barred)


def _desk(session: Session, ticket: Ticket, at: datetime) -> Holder | None:
    return _holder(session, ticket, at, (Role.DUTY_DESK,), dispatch.loads(session))


def _holder(
    session: Session,
    ticket: Ticket,
    at: datetime,
    roles: Iterable[str],
    loads: Loads,
    barred: frozenset[int] = frozenset(),
) -> Holder | None:
    return dispatch.holder_of(
        holders_for(session, ticket, at),
        tuple(roles),
        loads,
        department=dispatch.department_of(ticket.category, changes_at(session, ticket.area_id)),
        barred=accused_persons(session, ticket, at) | barred,
    )


def silent_posts(session: Session, ticket: Ticket) -> list[int]:
    """Who holds a paid post, was asked and has said nothing: neighbours are never pressed."""
    asked = session.scalars(
        select(Assignment.person_id)
        .join(Post, Post.id == Assignment.post_id)
        .where(
            Assignment.ticket_id == ticket.id,
            Assignment.answer == Answer.ASKED,
            Post.role.in_(PAID),
        )
    )
    return list(dict.fromkeys(asked))


def active_of(session: Session, ticket: Ticket, person_id: int | None) -> Assignment | None:
    """What this person was asked on this ticket and has not ended: as its owner first."""
    mine = _active_of(session, ticket, person_id)
    return next((row for row in mine if row.part == Part.OWNER), mine[0] if mine else None)


def helping(session: Session, ticket: Ticket, person_id: int | None) -> list[Assignment]:
    """What this person was asked beside the owner and has not ended."""
    return [row for row in _active_of(session, ticket, person_id) if row.part != Part.OWNER]


def _active_of(session: Session, ticket: Ticket, person_id: int | None) -> Sequence[Assignment]:
    return session.scalars(_ACTIVE_OF, {"ticket_id": ticket.id, "person_id": person_id}).all()


def follower(session: Session, ticket: Ticket, at: datetime) -> int | None:
    """首问负责: who took it first and has it no longer, as long as they hold that post."""
    if ticket.first_contact_id in (None, ticket.owner_post_id):
        return None
    first = session.scalar(
        select(Post.person_id).where(Post.id == ticket.first_contact_id, is_held(at))
    )
    skip = {None, ticket.owner_id, *accused_persons(session, ticket, at)}
    return None if first in skip else first


def paid_choices(session: Session, ticket: Ticket, at: datetime) -> list[Holder]:
    """Whom a ticket may be transferred to, nearest first; nobody twice, nobody it is about."""
    skip: set[int | None] = {ticket.owner_id, *accused_persons(session, ticket, at)}
    choices = []
    for one in holders_for(session, ticket, at):
        if one.role in PAID and one.person_id not in skip:
            skip.add(one.person_id)
            choices.append(one)
    return choices


def _active(session: Session, ticket: Ticket) -> list[Assignment]:
    """Told apart here: asking the store would have it write first what the step has changed, and
    once more at its end."""
    with session.no_autoflush:
        asked = session.scalars(select(Assignment).where(Assignment.ticket_id == ticket.id))
        return [one for one in asked if one.answer in ACTIVE]
