"""Check points: made and retired by staff, scanned by whoever wants to."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import AlreadyDone, NotFound
from models.patrols.table import CheckPoint
from models.places import Area, inner_areas

PREFIX = "point-"  # of the scenes we name ourselves; doors have their own


def add(session: Session, area: Area, name: str, *, at: datetime) -> CheckPoint:
    """A spot of an area, with a scene of its own."""
    known = session.scalar(
        select(CheckPoint.id).where(
            CheckPoint.area_id == area.id,
            CheckPoint.name == name,
            CheckPoint.retired_at.is_(None),
        )
    )
    if known is not None:
        raise AlreadyDone(number=name)
    point = CheckPoint(area_id=area.id, name=name, scene=f"{PREFIX}new", made_at=at)
    session.add(point)
    session.flush()
    point.scene = f"{PREFIX}{point.id}"
    session.flush()
    return point


def retire(session: Session, scene: str, *, at: datetime) -> CheckPoint:
    """Its code is not known any more; what was scanned before stays as it was."""
    point = by_scene(session, scene)
    if point is None:
        raise NotFound(number=scene)
    point.retired_at = at
    return point


def by_scene(session: Session, scene: str) -> CheckPoint | None:
    if not scene.startswith(PREFIX):
        return None
    return session.scalars(
        select(CheckPoint).where(CheckPoint.scene == scene, CheckPoint.retired_at.is_(None))
    ).first()


def within(session: Session, area_id: int) -> Sequence[CheckPoint]:
    """In use, in the order they were made."""
    return session.scalars(
        select(CheckPoint)
        .where(CheckPoint.area_id.in_(inner_areas(area_id)), CheckPoint.retired_at.is_(None))
        .order_by(CheckPoint.id)
    ).all()
