"""The operations of a desk: who reads of which, the lists with their counts, one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session

from config.policy import load
from models import listed
from models.listed import PLACE, Lists
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


def sight_of(session: Session, person_id: int, now: datetime) -> Sight:
    served = served_by(session, [person_id], now)
    return Sight(person_id, places_of(served, planning_roles(), now))


def places_to_plan(session: Session, sight: Sight, limit: int = 400) -> Sequence[Area]:
    """Areas for which this person may plan one."""
    wide = [AreaKind(one) for one in load("notices")["terms"]["area_kinds"]]
    return session.scalars(
        select(Area)
        .where(Area.id.in_(inside(sight.places)), Area.kind.in_(wide))
        .order_by(Area.community_id, Area.kind, Area.id)
        .limit(limit)
    ).all()


def _shown(_: Sight) -> Select[Any]:
    told = select(func.count(Finding.id)).where(
        Finding.operation_id == Operation.id, Finding.retracted_at.is_(None)
    )
    found = select(Operation, PLACE, func.coalesce(Person.name, ""), told.scalar_subquery()).join(
        Person, Person.id == Operation.leader_id
    )
    return listed.placed(found, Operation.area_id)


def _of_group(_: Sight, group: Group) -> ColumnElement[bool]:
    return true() if group is Group.ALL else Operation.state == OperationState(group)


LISTS = Lists(
    Operation,
    Operation.starts_at,
    (Operation.title,),
    Group.ALL,
    Row,
    _shown,
    _of_group,
)
wanted_of, rows, counts = LISTS.wanted_of, LISTS.rows, LISTS.counts


def operation_in(session: Session, sight: Sight, number: int) -> Operation:
    found: Operation = LISTS.one(session, sight, number)
    return found
