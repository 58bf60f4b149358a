"""Lists of the console: how long each group is, and pages that go on where the last one ended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models.errors import NotFound
from models.localtime import midnight
from models.places import Area, AreaKind, inner_areas
from models.tickets.asked import day_in, number_in, word_in

PAGE = 50
LONGEST_WORDS = 40

Group = TypeVar("Group", bound=StrEnum)

Estate = aliased(Area)
_of_estate = case((Area.kind == AreaKind.BUILDING, func.coalesce(Estate.name, "")), else_="")
PLACE = _of_estate + Area.name  # a building with its estate, as `places.full_name` has it


@dataclass(frozen=True, slots=True)
class Wanted(Generic[Group]):
    """筛选 — the conditions of a list; what is not given narrows nothing."""

    group: Group
    area_id: int | None = None
    since: date | None = None
    until: date | None = None  # and this day as well
    words: str = ""

    def narrowed(
        self,
        area_id: InstrumentedAttribute[Any],
        at: InstrumentedAttribute[datetime],
        *texts: InstrumentedAttribute[Any],
    ) -> list[ColumnElement[bool]]:
        """Where it lies, between these days, with the words in one of its texts."""
        found: list[ColumnElement[bool]] = []
        if self.area_id is not None:
            found.append(area_id.in_(inner_areas(self.area_id)))
        if self.since is not None:
            found.append(at >= midnight(self.since))
        if self.until is not None:
            found.append(at < midnight(self.until + timedelta(days=1)))
        if self.words:
            found.append(or_(*(one.contains(self.words, autoescape=True) for one in texts)))
        return found


def wanted_of(query: Mapping[str, str], usual: Group) -> Wanted[Group]:
    """The conditions as an address says them; a value that means nothing narrows nothing."""
    return Wanted(
        group=word_in(type(usual), query.get("state")) or usual,
        area_id=number_in(query.get("area", "")),
        since=day_in(query.get("from", "")),
        until=day_in(query.get("to", "")),
        words=query.get("q", "").strip()[:LONGEST_WORDS],
    )


def placed(listed: Select[Any], area_id: InstrumentedAttribute[int]) -> Select[Any]:
    """With the area as PLACE names it."""
    return listed.join(Area, Area.id == area_id).outerjoin(Estate, Estate.id == Area.estate_id)


def place(session: Session, area_id: int) -> str:
    """As PLACE names it, in one look."""
    named = select(PLACE).outerjoin(Estate, Estate.id == Area.estate_id).where(Area.id == area_id)
    found: str = session.scalars(named).one()
    return found


def counts(
    session: Session, kind: type[Any], groups: Mapping[Group, ColumnElement[bool]]
) -> dict[Group, int]:
    """How long the list of each group would be, in one query."""
    columns = [func.count().filter(condition) for condition in groups.values()]
    found = session.execute(select(*columns).select_from(kind)).one()
    return dict(zip(groups, found, strict=True))


def latest(
    listed: Select[Any],
    at: InstrumentedAttribute[Any],
    number: InstrumentedAttribute[int],
    before: int | None,
    limit: int,
) -> Select[Any]:
    """The latest first; `before` is the number of the row where a page ended."""
    ordered = listed.order_by(at.desc(), number.desc()).limit(limit)
    if before is None:
        return ordered
    last = select(at).where(number == before).scalar_subquery()
    return ordered.where(tuple_(at, number) < tuple_(last, before))


class Sight(Protocol):
    """视野 — what of one subject somebody reads."""

    def condition(self) -> ColumnElement[bool]: ...


Seen = TypeVar("Seen", bound=Sight)
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Lists(Generic[Seen, Group, Row]):
    """清单 — the lists of one subject by group: what a row is made of, and which rows there are."""

    table: type[Any]
    at: InstrumentedAttribute[Any]  # by which the latest stands first
    texts: tuple[InstrumentedAttribute[Any], ...]  # that are looked through for words
    usual: Group
    row: Callable[..., Row]
    shown: Callable[[Seen], Select[Any]]
    of_group: Callable[[Seen, Group], ColumnElement[bool]]

    def wanted_of(self, query: Mapping[str, str]) -> Wanted[Group]:
        return wanted_of(query, self.usual)

    def rows(
        self,
        session: Session,
        seen: Seen,
        wanted: Wanted[Group],
        before: int | None = None,
        limit: int = PAGE,
    ) -> list[Row]:
        """The latest first; `before` goes on where a page ended."""
        found = self.shown(seen).where(self._condition(seen, wanted))
        page = latest(found, self.at, self.table.id, before, limit)
        return [self.row(*one) for one in session.execute(page)]

    def counts(self, session: Session, seen: Seen, wanted: Wanted[Group]) -> dict[Group, int]:
        """How long the list of each group would be, under the same conditions else."""
        groups = {
            group: self._condition(seen, replace(wanted, group=group)) for group in type(self.usual)
        }
        return counts(session, self.table, groups)

    def one(self, session: Session, seen: Seen, number: int) -> Any:
        """NotFound, in the same words, for one that nobody has and for one not shown to them."""
        is_it = self.table.id == number
        found = session.scalars(select(self.table).where(is_it, seen.condition())).first()
        if found is None:
            raise NotFound(number=str(number))
        return found

    def _condition(self, seen: Seen, wanted: Wanted[Group]) -> ColumnElement[bool]:
        narrowed = wanted.narrowed(self.table.area_id, self.at, *self.texts)
        return and_(seen.condition(), self.of_group(seen, wanted.group), *narrowed)
