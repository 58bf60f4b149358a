"""Lists of the console: how long each group is, and pages that go on where the last one ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, case, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

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
    return session.scalars(named).one()


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
