"""Entries looked up: what holds at a place, what is kept within an area, older versions."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from models.directory.table import DirectoryEntry
from models.localtime import local
from models.places import AreaWithin, inner_areas

MOST = 1000  # a question is held against no more entries than these
_IS_CURRENT = DirectoryEntry.ended_at.is_(None)


def around(session: Session, area_id: int, now: datetime) -> Sequence[DirectoryEntry]:
    """What holds at a place: entries of it and of every area it lies within."""
    outer = select(AreaWithin.outer_id).where(AreaWithin.area_id == area_id)
    return _found(session, now, DirectoryEntry.area_id.in_(outer))


def everywhere(session: Session, now: datetime) -> Sequence[DirectoryEntry]:
    return _found(session, now)


def of_kinds(session: Session, kinds: Collection[str], now: datetime) -> Sequence[DirectoryEntry]:
    """Wherever they are."""
    return _found(session, now, DirectoryEntry.kind.in_(kinds))


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
    today = local(now).date()
    holds = and_(
        _IS_CURRENT,
        DirectoryEntry.since_on <= today,
        or_(DirectoryEntry.until_on.is_(None), DirectoryEntry.until_on >= today),
    )
    return session.scalars(
        select(DirectoryEntry)
        .where(holds, *conditions)
        .order_by(DirectoryEntry.id.desc())
        .limit(MOST)
    ).all()
