"""Mediations of a desk, and how many there were: of figures only the number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.listed import PAGE
from models.localtime import SHANGHAI, midnight
from models.mediations import sides
from models.mediations.table import Mediation, MediationFollowUp
from models.people import Person
from models.places import Area, inner_areas
from models.roster.rights import Right, inside, places_of


@dataclass(frozen=True, slots=True)
class Row:
    """调解一行 — a mediation as a list shows it: nothing of who quarrels about what."""

    one: Mediation
    area: str
    mediator: str
    next_on: date | None

    @property
    def id(self) -> int:
        return self.one.id


@dataclass(frozen=True, slots=True)
class Counted:
    """调解件数 — of one community in one month."""

    area: str
    month: str
    number: int


def rows(
    session: Session, by: int, now: datetime, before: int | None = None, limit: int = PAGE
) -> list[Row]:
    """The latest first; `before` goes on where a page ended."""
    following = (
        select(func.min(MediationFollowUp.due_on))
        .where(MediationFollowUp.mediation_id == Mediation.id, MediationFollowUp.done_at.is_(None))
        .scalar_subquery()
    )
    wanted = [sides.readable(session, by, now)]
    if before is not None:
        wanted.append(Mediation.id < before)
    found = session.execute(
        select(Mediation, Area.name, func.coalesce(Person.name, ""), following)
        .join(Area, Area.id == Mediation.area_id)
        .join(Person, Person.id == Mediation.mediator_id)
        .where(*wanted)
        .order_by(Mediation.id.desc())
        .limit(limit)
    )
    return [Row(*row) for row in found]


def count(session: Session, by: int, now: datetime) -> int:
    mine = sides.readable(session, by, now)
    return session.scalar(select(func.count()).select_from(Mediation).where(mine)) or 0


def numbers_in(session: Session, area_id: int, periods: Sequence[tuple[date, date]]) -> list[int]:
    """How many were held in a place, of each of these periods from its first day to its last."""
    within = Mediation.area_id.in_(inner_areas(area_id))
    spans = [(midnight(first), midnight(last + timedelta(days=1))) for first, last in periods]
    held = (
        func.count().filter(Mediation.held_at >= begin, Mediation.held_at < over)
        for begin, over in spans
    )
    return list(session.execute(select(*held).where(within)).one())


def counted(session: Session, by: int, now: datetime) -> Sequence[Counted]:
    """By community and month, where somebody keeps or reads them; the latest month first."""
    places = {
        place
        for right in (Right.MEDIATE, Right.MEDIATIONS)
        for place in places_of(session, right, by, now)
    }
    within = select(Area.id).where(Area.id.in_(inside(places)))
    held = session.execute(
        select(func.coalesce(Area.community_id, Area.id), Mediation.held_at)
        .join(Area, Area.id == Mediation.area_id)
        .where(Mediation.area_id.in_(within))
    ).all()
    found: dict[tuple[str, int], int] = {}
    for area_id, at in held:
        key = (f"{at.astimezone(SHANGHAI):%Y-%m}", area_id)
        found[key] = found.get(key, 0) + 1
    names = dict(
        session.execute(
            select(Area.id, Area.name).where(Area.id.in_({area_id for _, area_id in found}))
        ).all()
    )
    ordered = sorted(found.items(), reverse=True)
    return [Counted(names[area_id], month, number) for (month, area_id), number in ordered]
