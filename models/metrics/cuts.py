"""How the figures of an area are cut into parts: the same key for a rollup and for a ticket."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from config.policy import load
from models.companies import ServiceContract
from models.metrics.cells import NOBODY
from models.metrics.conditions import Columns, reported_at
from models.metrics.table import MetricDay, Slice
from models.places import Area, AreaKind, AreaWithin, inner_areas
from models.posts import Post, Role

PART = "part"
ELSEWHERE = "elsewhere"  # of an area, what lies in none of the parts asked for
NO_CONTRACT = "no_contract"  # what property posts have in hand where no company is registered
OTHERS = "other_teams"


class Axis(StrEnum):
    """分项 — what the rows of a sheet are."""

    CATEGORY = "category"
    LEVEL = "level"
    TEAM = "team"
    COMPANY = "company"
    COMPLAINED_OF = "complained_of"  # by company, too: what is said of it
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    ESTATE = "estate"
    GRID = "grid"
    BUILDING = "building"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


AREAS = frozenset({Axis.SUBDISTRICT, Axis.COMMUNITY, Axis.ESTATE, Axis.GRID, Axis.BUILDING})
COMPANIES = frozenset({Axis.COMPANY, Axis.COMPLAINED_OF})
SPANS = frozenset({Axis.DAY, Axis.WEEK, Axis.MONTH})


class LocalDay(FunctionElement[Any]):
    """The neighbourhood's day of a moment; its clock has not been set forward since 1991."""

    type = Date()
    inherit_cache = True


@compiles(LocalDay, "sqlite")
def _day_on_sqlite(element: LocalDay, compiler: SQLCompiler, **kw: Any) -> str:
    return f"date({compiler.process(element.clauses, **kw)}, '+8 hours')"


@compiles(LocalDay, "postgresql")
def _day_on_postgresql(element: LocalDay, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(({compiler.process(element.clauses, **kw)}) AT TIME ZONE 'Asia/Shanghai')::date"


@dataclass(frozen=True, slots=True)
class Cut:
    """切分方式 — the whole of an area, undivided. What is derived from it divides."""

    area_id: int
    slice: ClassVar[Slice] = Slice.TOTAL

    @property
    def kind(self) -> AreaKind | None:
        """Of the areas whose rollups are read; None: the area itself."""
        return None

    def rolled(self) -> Select[Any]:
        """Rollups, each with its part."""
        return self._rows(literal("", String))

    def settle(self, rolled: dict[str, Counter[str]]) -> None:
        """What is left to work out of the rollups of all parts together."""

    def of_tickets(self, of: Columns, place: ColumnElement[int]) -> Select[Any]:
        """Tickets under this name, each with its part."""
        return select(literal("", String).label(PART)).where(self._within(place))

    def _rows(self, key: ColumnElement[Any]) -> Select[Any]:
        row = MetricDay
        return (
            select(key.label(PART))
            .select_from(row)
            .where(row.area_id == self.area_id, row.slice == self.slice)
        )

    def _within(self, place: ColumnElement[int]) -> ColumnElement[bool]:
        return place.in_(inner_areas(self.area_id))


class ByDay(Cut):
    """By the day on which they were reported."""

    def rolled(self) -> Select[Any]:
        return self._rows(cast(MetricDay.__table__.c.day, String))

    def of_tickets(self, of: Columns, place: ColumnElement[int]) -> Select[Any]:
        day = cast(LocalDay(reported_at(of)), String)
        return select(day.label(PART)).where(self._within(place))


class ByCategory(Cut):
    slice = Slice.CATEGORY

    def rolled(self) -> Select[Any]:
        return self._rows(MetricDay.__table__.c.key)

    def of_tickets(self, of: Columns, place: ColumnElement[int]) -> Select[Any]:
        return select(of.category.label(PART)).where(self._within(place))


class ByLevel(Cut):
    slice = Slice.LEVEL

    def rolled(self) -> Select[Any]:
        return self._rows(MetricDay.__table__.c.key)

    def of_tickets(self, of: Columns, place: ColumnElement[int]) -> Select[Any]:
        return select(cast(of.level, String).label(PART)).where(self._within(place))


@dataclass(frozen=True, slots=True)
class ByTeam(Cut):
    """By who has it in hand; teams that are one person are put together."""

    alone: frozenset[str] = frozenset()
    slice = Slice.TEAM

    def rolled(self) -> Select[Any]:
        return self._rows(self._shown(MetricDay.__table__.c.key))

    def of_tickets(self, of: Columns, place: ColumnElement[int]) -> Select[Any]:
        post = Post.__table__
        role = cast(post.c.role, String)
        named = case((post.c.department.is_(None), role), else_=role + ":" + post.c.department)
        team = case((post.c.id.is_(None), NOBODY), else_=named)
        return (
            select(self._shown(team).label(PART))
            .outerjoin_from(of.state.table, post, post.c.id == of.owner_post_id)
            .where(self._within(place))
        )

    def _shown(self, team: ColumnElement[str]) -> ColumnElement[str]:
        return case((team.in_(sorted(self.alone)), OTHERS), else_=team) if self.alone else team


@dataclass(frozen=True, slots=True)
class ByArea(Cut):
    """By the parts of one kind that lie in the area."""

    inner: AreaKind = AreaKind.COMMUNITY

    @property
    def kind(self) -> AreaKind | None:
        return self.inner

    def rolled(self) -> Select[Any]:
        """Those of the whole stand under what lies elsewhere, until it is settled."""
        row, parts = MetricDay.__table__, parts_of(self.area_id, self.inner)
        part = case((row.c.area_id.in_(parts), cast(row.c.area_id, String)), else_=ELSEWHERE)
        areas = or_(row.c.area_id == self.area_id, row.c.area_id.in_(parts))
        return select(part.label(PART)).select_from(row).where(areas, row.c.slice == self.slice)

    def settle(self, rolled: dict[str, Counter[str]]) -> None:
        elsewhere = rolled.get(ELSEWHERE, Counter())
        for part, counts in rolled.items():
            if part != ELSEWHERE:
                elsewhere.subtract(counts)

    def of_tickets(self, of: Columns, place: ColumnElement[int]) -> Select[Any]:
        within = AreaWithin.__table__
        lies_in = and_(
            within.c.area_id == place, within.c.outer_id.in_(parts_of(self.area_id, self.inner))
        )
        part = func.coalesce(cast(within.c.outer_id, String), ELSEWHERE)
        return (
            select(part.label(PART))
            .outerjoin_from(of.state.table, within, lies_in)
            .where(self._within(place))
        )


class ByCompany(Cut):
    """By the company that had the contract on the day: what its posts had in hand."""

    slice = Slice.TEAM

    @property
    def kind(self) -> AreaKind | None:
        return AreaKind.ESTATE

    def rolled(self) -> Select[Any]:
        row, contract = MetricDay.__table__, ServiceContract.__table__
        serves = and_(contract.c.estate_id == row.c.area_id, _runs(row.c.day))
        return (
            select(_company().label(PART))
            .outerjoin_from(row, contract, serves)
            .where(
                row.c.area_id.in_(parts_of(self.area_id, AreaKind.ESTATE)),
                row.c.slice == self.slice,
                row.c.key.in_(self._keys()),
            )
        )

    def of_tickets(self, of: Columns, place: ColumnElement[int]) -> Select[Any]:
        within, contract = AreaWithin.__table__, ServiceContract.__table__
        estates = parts_of(self.area_id, AreaKind.ESTATE)
        serves = and_(contract.c.estate_id == within.c.outer_id, _runs(LocalDay(reported_at(of))))
        return (
            select(_company().label(PART))
            .join_from(
                of.state.table,
                within,
                and_(within.c.area_id == place, within.c.outer_id.in_(estates)),
            )
            .outerjoin(contract, serves)
            .where(self._is_theirs(of))
        )

    def _keys(self) -> list[str]:
        return [Role.PROPERTY_STAFF]

    def _is_theirs(self, of: Columns) -> ColumnElement[bool]:
        posts = select(Post.id).where(Post.role == Role.PROPERTY_STAFF)
        return of.owner_post_id.in_(posts)  # type: ignore[no-any-return]


class ComplainedOf(ByCompany):
    """By the same companies: what residents of their estates say of the service and its fees.

    Their posts have none of it in hand, for it goes past those it is about.
    """

    slice = Slice.CATEGORY

    def _keys(self) -> list[str]:
        return list(load("metrics")["property_categories"])

    def _is_theirs(self, of: Columns) -> ColumnElement[bool]:
        return of.category.in_(self._keys())  # type: ignore[no-any-return]


def parts_of(area_id: int, kind: AreaKind) -> Select[int]:
    """The areas of a kind that lie within an area."""
    return select(Area.id).where(Area.id.in_(inner_areas(area_id)), Area.kind == kind)


def _runs(day: ColumnElement[Any]) -> ColumnElement[bool]:
    contract = ServiceContract.__table__
    ends_on = contract.c.ends_on
    return and_(contract.c.starts_on <= day, or_(ends_on.is_(None), day <= ends_on))


def _company() -> ColumnElement[str]:
    return func.coalesce(cast(ServiceContract.__table__.c.company_id, String), NO_CONTRACT)
