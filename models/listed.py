"""Lists of the console: how long each group is, and pages that go on where the last one ended."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, case, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models.localtime import midnight
from models.places import Area, AreaKind

PAGE = 50
LONGEST_WORDS = 40

Group = TypeVar("Group")

Estate = aliased(Area)
_of_estate = case((Area.kind == AreaKind.BUILDING, func.coalesce(Estate.name, "")), else_="")
PLACE = _of_estate + Area.name  # a building with its estate, as `places.full_name` has it


def between(
    at: InstrumentedAttribute[datetime], since: date | None, until: date | None
) -> list[ColumnElement[bool]]:
    """From the beginning of one day to the end of another, as far as they are given."""
    begun = [] if since is None else [at >= midnight(since)]
    return begun if until is None else [*begun, at < midnight(until + timedelta(days=1))]


def placed(listed: Select[Any], area_id: InstrumentedAttribute[int]) -> Select[Any]:
    """With the area as PLACE names it."""
    return listed.join(Area, Area.id == area_id).outerjoin(Estate, Estate.id == Area.estate_id)


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
