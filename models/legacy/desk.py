"""The legacy problems of a desk: who reads of which, the lists with their counts, one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from config.policy import load
from models import listed
from models.legacy.flow import OPEN, LegacyState, MilestoneState
from models.legacy.table import ForceMember, LegacyProblem, LegacyTicket, Milestone
from models.listed import PLACE, Lists
from models.localtime import local
from models.posts import Role
from models.roster.rights import inside
from models.served import places_of
from models.tickets import sight as tickets
from models.tickets.table import Ticket


class Group(StrEnum):
    """一事一策分组 — the lists of the console."""

    OPEN = "open"
    LATE = "late"  # a milestone has passed without a word
    OPENED = "opened"
    UNDER_WAY = "under_way"
    ENDED = "ended"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Sight:
    """一事一策视野 — where somebody is its staff, and which of its tickets are about them."""

    person_id: int
    today: date
    places: tuple[int, ...]
    tickets: tickets.Sight

    def condition(self) -> ColumnElement[bool]:
        """Staff of the place and the task force; never whom one of its tickets is about."""
        of_force = select(ForceMember.problem_id).where(ForceMember.person_id == self.person_id)
        is_mine = or_(
            LegacyProblem.area_id.in_(inside(self.places)), LegacyProblem.id.in_(of_force)
        )
        accused = tickets.is_about(self.tickets.served)
        if accused is None:
            return is_mine
        about_me = (
            select(Ticket.id)
            .join(LegacyTicket, LegacyTicket.ticket_id == Ticket.id)
            .where(LegacyTicket.problem_id == LegacyProblem.id, accused)
        )
        return and_(is_mine, ~about_me.exists())


@dataclass(frozen=True, slots=True)
class Row:
    """一事一策一行 — a problem as a list shows it."""

    problem: LegacyProblem
    area: str
    next_due: date | None  # of the first milestone that waits
    reached: int
    milestones: int
    tickets: int

    @property
    def id(self) -> int:
        return self.problem.id


@cache
def staff_roles() -> frozenset[Role]:
    return frozenset(Role(one) for one in load("legacy")["staff"])


def sight_of(session: Session, person_id: int, now: datetime) -> Sight:
    return within(tickets.sight_of(session, person_id, now), now)


def within(seen: tickets.Sight, now: datetime) -> Sight:
    """Of who sees these tickets."""
    places = places_of(seen.served, staff_roles(), now)
    return Sight(seen.person_id, local(now).date(), places, seen)


def tickets_in(session: Session, sight: Sight, problem: LegacyProblem) -> Sequence[Ticket]:
    """Of its tickets those that are shown to them."""
    return session.scalars(
        select(Ticket)
        .join(LegacyTicket, LegacyTicket.ticket_id == Ticket.id)
        .where(LegacyTicket.problem_id == problem.id, sight.tickets.condition())
        .order_by(Ticket.id)
    ).all()


def _shown(_: Sight) -> Select[Any]:
    is_waiting = Milestone.state == MilestoneState.WAITING
    is_reached = Milestone.state == MilestoneState.REACHED
    steps = (
        select(
            Milestone.problem_id,
            func.min(Milestone.due_on).filter(is_waiting).label("due"),
            func.count().filter(is_reached).label("reached"),
            func.count().filter(or_(is_waiting, is_reached)).label("all"),
        )
        .group_by(Milestone.problem_id)
        .subquery()
    )
    linked = select(func.count()).where(LegacyTicket.problem_id == LegacyProblem.id)
    found = select(
        LegacyProblem,
        PLACE,
        steps.c.due,
        func.coalesce(steps.c.reached, 0),
        func.coalesce(steps.c.all, 0),
        linked.scalar_subquery(),
    ).outerjoin(steps, steps.c.problem_id == LegacyProblem.id)
    return listed.placed(found, LegacyProblem.area_id)


def _of_group(sight: Sight, group: Group) -> ColumnElement[bool]:
    if group is Group.OPEN:
        return LegacyProblem.state.in_(list(OPEN))
    if group is Group.LATE:
        return exists().where(
            Milestone.problem_id == LegacyProblem.id,
            Milestone.state == MilestoneState.WAITING,
            Milestone.due_on < sight.today,
        )
    return LegacyProblem.state == LegacyState(group)


LISTS = Lists(
    LegacyProblem,
    LegacyProblem.opened_at,
    (LegacyProblem.title,),
    Group.OPEN,
    Row,
    _shown,
    _of_group,
)
wanted_of, rows, counts = LISTS.wanted_of, LISTS.rows, LISTS.counts


def problem_in(session: Session, sight: Sight, number: int) -> LegacyProblem:
    found: LegacyProblem = LISTS.one(session, sight, number)
    return found
