"""Entries looked up: what holds at a place, what is kept within an area, older versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import Session

from models.directory.table import DirectoryEntry, kinds
from models.localtime import local
from models.places import Area, AreaKind, AreaWithin, inner_areas
from models.statements import Statement

MOST = 1000  # a question is held against no more entries than these
EVERYONE = "everyone"
_IS_CURRENT = DirectoryEntry.ended_at.is_(None)


@dataclass(frozen=True, slots=True)
class Listed:
    """在列条目 — as much of an entry as a question is held against."""

    id: int
    kind: str
    title: str
    aliases: list[str]
    text: str
    area_kind: AreaKind


def searched(session: Session, area_id: int | None, now: datetime) -> list[Listed]:
    """What holds at a place, or anywhere without one. Asked within the answering of a message."""
    today = local(now).date()
    if area_id is None:
        return [Listed(*row) for row in _ANYWHERE.run(session, today=today)]
    return [Listed(*row) for row in _AROUND.run(session, today=today, area_id=area_id)]


def searched_elsewhere(session: Session, now: datetime) -> list[Listed]:
    """What anybody may go to, wherever it is."""
    return [Listed(*row) for row in _open_to_all().run(session, today=local(now).date())]


def around(session: Session, area_id: int, now: datetime) -> Sequence[DirectoryEntry]:
    """What holds at a place: entries of it and of every area it lies within."""
    outer = select(AreaWithin.outer_id).where(AreaWithin.area_id == area_id)
    return _found(session, now, DirectoryEntry.area_id.in_(outer))


def everywhere(session: Session, now: datetime) -> Sequence[DirectoryEntry]:
    return _found(session, now)


def current(session: Session, number: int, now: datetime) -> DirectoryEntry | None:
    """The version in force of the entry with this number, if it holds today."""
    found = _found(session, now, _is_numbered(number))
    return found[0] if found else None


def within(session: Session, area_id: int | None = None) -> Sequence[DirectoryEntry]:
    """For staff: all that is kept within the area (None: everywhere), future and past days too."""
    query = select(DirectoryEntry).where(_IS_CURRENT).order_by(DirectoryEntry.id)
    if area_id is not None:
        query = query.where(DirectoryEntry.area_id.in_(inner_areas(area_id)))
    return session.scalars(query).all()


def named(session: Session, area_id: int, kind: str, title: str) -> DirectoryEntry | None:
    """The entry of this kind and title there: the same thing, said anew, is a version of it."""
    return session.scalars(
        select(DirectoryEntry).where(
            _IS_CURRENT,
            DirectoryEntry.area_id == area_id,
            DirectoryEntry.kind == kind,
            DirectoryEntry.title == title,
        )
    ).first()


def versions(session: Session, number: int) -> Sequence[DirectoryEntry]:
    """Every version of an entry, the first one first."""
    return session.scalars(
        select(DirectoryEntry).where(_is_numbered(number)).order_by(DirectoryEntry.version)
    ).all()


def _is_numbered(number: int) -> ColumnElement[bool]:
    is_first = and_(DirectoryEntry.id == number, DirectoryEntry.first_id.is_(None))
    return or_(is_first, DirectoryEntry.first_id == number)


def _found(
    session: Session, now: datetime, *conditions: ColumnElement[bool]
) -> Sequence[DirectoryEntry]:
    return session.scalars(
        select(DirectoryEntry)
        .where(_holds(local(now).date()), *conditions)
        .order_by(DirectoryEntry.id.desc())
        .limit(MOST)
    ).all()


def _holds(today: date | BindParameter[date]) -> ColumnElement[bool]:
    return and_(
        _IS_CURRENT,
        DirectoryEntry.since_on <= today,
        or_(DirectoryEntry.until_on.is_(None), DirectoryEntry.until_on >= today),
    )


def _searching(*conditions: ColumnElement[bool]) -> Statement:
    columns = ("id", "kind", "title", "aliases", "text")
    today = bindparam("today", type_=Date(), required=True)
    return Statement(
        select(*(DirectoryEntry.__table__.c[name] for name in columns), Area.kind)
        .join(Area, Area.id == DirectoryEntry.area_id)
        .where(_holds(today), *conditions)
        .order_by(DirectoryEntry.id.desc())
        .limit(literal_column(str(MOST)))
    )


_ANYWHERE = _searching()
_AROUND = _searching(
    DirectoryEntry.area_id.in_(
        select(AreaWithin.outer_id).where(AreaWithin.area_id == bindparam("area_id", required=True))
    )
)


@cache
def _open_to_all() -> Statement:
    keys = [key for key, row in kinds().items() if row["reach"] == EVERYONE]
    # One condition a kind: a list of values is only written out at each execution.
    return _searching(or_(*(DirectoryEntry.kind == key for key in keys)))
