"""Who makes a problem of a ticket, who is in its task force, and who hears of it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models import linked, on_duty
from models.legacy.flow import Side
from models.legacy.table import ForceMember, LegacyProblem, LegacyTicket
from models.protection import accused_persons
from models.tickets.table import Ticket


def may_open(session: Session, ticket: Ticket, person_id: int, at: datetime) -> bool:
    """Staff of the place, and never whom the matter is about."""
    if ticket.area_id is None or person_id in accused_persons(session, ticket, at):
        return False
    return person_id in _serving(session, ticket.area_id, "staff", at)


def is_staff(session: Session, problem: LegacyProblem, person_id: int, at: datetime) -> bool:
    return person_id in _serving(
        session, problem.area_id, "staff", at
    ) and person_id not in accused(session, problem, at)


def above(session: Session, problem: LegacyProblem, at: datetime) -> list[int]:
    """Who hears that a milestone has passed: to help, not to blame."""
    barred = accused(session, problem, at)
    found = _serving(session, problem.area_id, "above", at)
    return [one for one in found if one not in barred]


def accused(session: Session, problem: LegacyProblem, at: datetime) -> frozenset[int]:
    return linked.accused(session, tickets(session, problem), at)


def held(
    session: Session, problem: LegacyProblem, person_id: int | None, at: datetime
) -> frozenset[Side]:
    """All that this person (None: the clock) is to a problem; who is nothing reads nothing."""
    if person_id is None:
        return frozenset({Side.CLOCK})
    if person_id in accused(session, problem, at):
        return frozenset()
    asked = {
        Side.STAFF: person_id in _serving(session, problem.area_id, "staff", at),
        Side.FORCE: person_id in [one.person_id for one in force(session, problem)],
    }
    return frozenset(side for side, is_so in asked.items() if is_so)


def may_read(session: Session, problem: LegacyProblem, person_id: int, at: datetime) -> bool:
    return bool(held(session, problem, person_id, at))


def force(session: Session, problem: LegacyProblem) -> Sequence[ForceMember]:
    return session.scalars(
        select(ForceMember).where(ForceMember.problem_id == problem.id).order_by(ForceMember.id)
    ).all()


def tickets(session: Session, problem: LegacyProblem) -> Sequence[Ticket]:
    return session.scalars(
        select(Ticket)
        .join(LegacyTicket, LegacyTicket.ticket_id == Ticket.id)
        .where(LegacyTicket.problem_id == problem.id)
        .order_by(Ticket.id)
    ).all()


def workers(session: Session, problem: LegacyProblem, at: datetime) -> list[int]:
    """Who answers for it and the task force: those who are reminded.

    Once who made it serves the place no more, the nearest of its staff does.
    """
    barred = accused(session, problem, at)
    staff = [one for one in _serving(session, problem.area_id, "staff", at) if one not in barred]
    first = [problem.opened_by] if problem.opened_by in staff else staff[:1]
    people = [*first, *(one.person_id for one in force(session, problem))]
    return [one for one in dict.fromkeys(people) if one not in barred]


def readers(session: Session, problem: LegacyProblem, at: datetime) -> list[int]:
    """Who may look at what is told before everybody reads it, the nearest of its staff first."""
    barred = accused(session, problem, at)
    people = _serving(session, problem.area_id, "staff", at)
    people += [one.person_id for one in force(session, problem)]
    return [one for one in dict.fromkeys(people) if one not in barred]


def residents(session: Session, problem: LegacyProblem) -> list[int]:
    return linked.residents(session, tickets(session, problem))


def _serving(session: Session, area_id: int, part: str, at: datetime) -> list[int]:
    roles = load("legacy")[part]
    holders = on_duty.holders_at(session, area_id, at)
    return list(dict.fromkeys(one.person_id for one in holders if one.role in roles))
