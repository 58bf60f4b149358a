"""The operations of a desk: who reads of which, the lists with their counts, one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session

from config.policy import load
from models import listed
from models.errors import NotFound
from models.listed import PAGE, PLACE, Wanted
from models.operations.flow import OperationState
from models.operations.table import Finding, Member, Operation
from models.people import Person
from models.places import Area, AreaKind
from models.posts import Role
from models.roster.rights import inside
from models.served import places_of, served_by


class Group(StrEnum):
    """整治分组 — the lists of the console."""

    ALL = "all"
    PLANNED = "planned"
    UNDER_WAY = "under_way"
    ENDED = "ended"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Sight:
    """整治视野 — where somebody could plan one; what they were asked to is theirs to read, too."""

    person_id: int
    places: tuple[int, ...]

    def condition(self) -> ColumnElement[bool]:
        asked = select(Member.operation_id).where(Member.person_id == self.person_id)
        return or_(Operation.area_id.in_(inside(self.places)), Operation.id.in_(asked))


@dataclass(frozen=True, slots=True)
class Row:
    """整治一行 — an operation as a list shows it."""

    operation: Operation
    area: str
    leader: str
    findings: int

    @property
    def id(self) -> int:
        return self.operation.id


@cache
def planning_roles() -> frozenset[Role]:
    return frozenset(Role(one) for one in load("operations")["planners"])


def wanted_of(query: Mapping[str, str]) -> Wanted[Group]:
    return listed.wanted_of(query, Group.ALL)


def sight_of(session: Session, person_id: int, now: datetime) -> Sight:
    served = served_by(session, [person_id], now)
    return Sight(person_id, places_of(served, planning_roles(), now))


def rows(
    session: Session,
    sight: Sight,
    wanted: Wanted[Group],
    before: int | None = None,
    limit: int = PAGE,
) -> list[Row]:
    """By their date, the latest first; `before` goes on where a page ended."""
    told = select(func.count(Finding.id)).where(
        Finding.operation_id == Operation.id, Finding.retracted_at.is_(None)
    )
    found = (
        select(Operation, PLACE, Person.name, told.scalar_subquery())
        .join(Person, Person.id == Operation.leader_id)
        .where(_condition(sight, wanted))
    )
    page = listed.latest(
        listed.placed(found, Operation.area_id), Operation.starts_at, Operation.id, before, limit
    )
    return [
        Row(operation, area, leader or "", count)
        for operation, area, leader, count in session.execute(page)
    ]


def counts(session: Session, sight: Sight, wanted: Wanted[Group]) -> dict[Group, int]:
    """How long the list of each group would be, under the same conditions else."""
    groups = {group: _condition(sight, replace(wanted, group=group)) for group in Group}
    return listed.counts(session, Operation, groups)


def operation_in(session: Session, sight: Sight, number: int) -> Operation:
    """NotFound, in the same words, for one that nobody has and for one not shown to them."""
    found = session.scalars(
        select(Operation).where(Operation.id == number, sight.condition())
    ).first()
    if found is None:
        raise NotFound(number=str(number))
    return found


def places_to_plan(session: Session, sight: Sight, limit: int = 400) -> Sequence[Area]:
    """Areas for which this person may plan one."""
    wide = [AreaKind(one) for one in load("notices")["terms"]["area_kinds"]]
    return session.scalars(
        select(Area)
        .where(Area.id.in_(inside(sight.places)), Area.kind.in_(wide))
        .order_by(Area.community_id, Area.kind, Area.id)
        .limit(limit)
    ).all()


def _condition(sight: Sight, wanted: Wanted[Group]) -> ColumnElement[bool]:
    narrowed = wanted.narrowed(Operation.area_id, Operation.starts_at, Operation.title)
    return and_(sight.condition(), _of_group(wanted.group), *narrowed)


def _of_group(group: Group) -> ColumnElement[bool]:
    return true() if group is Group.ALL else Operation.state == OperationState(group)
