"""How many households an area has, for the number of complaints among 10,000 of them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from fractions import Fraction

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from models.companies import ServiceContract
from models.localtime import local
from models.metrics.cuts import parts_of
from models.metrics.periods import Period
from models.places import Area, AreaKind, AreaWithin

ONE_DAY = timedelta(days=1)


def households_of(session: Session, area_ids: Collection[int]) -> dict[int, Fraction]:
    """What the register says of the area itself, or else the sum of the buildings in it."""
    building = aliased(Area)
    rows = session.execute(
        select(Area.id, Area.households, func.sum(building.households))
        .outerjoin(AreaWithin, AreaWithin.outer_id == Area.id)
        .outerjoin(
            building, (building.id == AreaWithin.area_id) & (building.kind == AreaKind.BUILDING)
        )
        .where(Area.id.in_(area_ids))
        .group_by(Area.id, Area.households)
    )
    return {area_id: Fraction(own or inside or 0) for area_id, own, inside in rows}


def households_served(
    session: Session, area_id: int, period: Period, now: datetime
) -> dict[str, Fraction]:
    """Company → the households of its estates in an area, each by the share of the days served.

    Of a period that still runs, the days so far; otherwise who took over today looked worse.
    """
    last = min(period.last, max(local(now).date(), period.first))
    contracts = session.scalars(
        select(ServiceContract).where(
            ServiceContract.estate_id.in_(parts_of(area_id, AreaKind.ESTATE)),
            ServiceContract.starts_on <= last,
            or_(ServiceContract.ends_on.is_(None), ServiceContract.ends_on >= period.first),
        )
    ).all()
    households = households_of(session, {one.estate_id for one in contracts})
    days = (last - period.first) // ONE_DAY + 1
    found: dict[str, Fraction] = {}
    for one in contracts:
        until = min(one.ends_on or last, last)
        served = (until - max(one.starts_on, period.first)) // ONE_DAY + 1
        key = str(one.company_id)
        found[key] = found.get(key, Fraction()) + households[one.estate_id] * Fraction(served, days)
    return found
