"""How many households an area has, for the number of complaints among 10,000 of them."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction

from sqlalchemy import func, select
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
    session: Session, area_id: int, periods: Sequence[Period], now: datetime
) -> list[dict[str, Fraction]]:
    """Of each period: company → the households of its estates, each by the share of days served.

    Of a period that still runs, the days so far; otherwise who took over today looked worse.
    """
    contracts = session.scalars(
        select(ServiceContract).where(
            ServiceContract.estate_id.in_(parts_of(area_id, AreaKind.ESTATE))
        )
    ).all()
    households = households_of(session, {one.estate_id for one in contracts})
    found: list[dict[str, Fraction]] = []
    for period in periods:
        served = dict[str, Fraction]()
        for one in contracts:
            share = _share_served(one, period, local(now).date())
            key = str(one.company_id)
            served[key] = served.get(key, Fraction()) + households[one.estate_id] * share
        found.append(served)
    return found


def _share_served(contract: ServiceContract, period: Period, today: date) -> Fraction:
    last = min(period.last, max(today, period.first))
    first = max(contract.starts_on, period.first)
    served = (min(contract.ends_on or last, last) - first) // ONE_DAY + 1
    return Fraction(max(served, 0), (last - period.first) // ONE_DAY + 1)
