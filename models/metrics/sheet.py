"""One sheet of figures: the rows asked for, each with its rates and its complaints per 10,000."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from sqlalchemy.orm import Session

from models.metrics import figures
from models.metrics.figures import Scope
from models.metrics.households import households_of
from models.metrics.periods import Period, Span
from models.metrics.rates import complaints_per_10k_households
from models.metrics.table import Slice
from models.metrics.tally import Counts
from models.metrics.teams import by_team
from models.places import AreaKind


class Axis(StrEnum):
    """分项 — what the rows of a sheet are."""

    CATEGORY = "category"
    LEVEL = "level"
    TEAM = "team"
    COMPANY = "company"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    ESTATE = "estate"
    GRID = "grid"
    BUILDING = "building"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


AREAS = frozenset(
    {Axis.SUBDISTRICT, Axis.COMMUNITY, Axis.ESTATE, Axis.GRID, Axis.BUILDING, Axis.COMPANY}
)
SPANS = frozenset({Axis.DAY, Axis.WEEK, Axis.MONTH})


@dataclass(frozen=True, slots=True)
class Density:
    """万户比 — complaints among 10,000 households, now, in the period before and a year before."""

    households: int
    now: Fraction | None
    before: Fraction | None
    year_before: Fraction | None

    @property
    def on_period(self) -> Fraction | None:
        """环比: by which share it has changed since the period before."""
        return _change(self.now, self.before)

    @property
    def on_year(self) -> Fraction | None:
        """同比: by which share it has changed since a year before."""
        return _change(self.now, self.year_before)


@dataclass(frozen=True, slots=True)
class Sheet:
    """三率表 — the whole of an area and a period, and the rows it is made of."""

    whole: Counts
    rows: Mapping[str, Counts]
    density: Density


def sheet(session: Session, scope: Scope, axis: Axis | None) -> Sheet:
    rows = parts(session, scope, axis) if axis else {}
    whole = figures.total(session, scope)
    return Sheet(whole, rows, density(session, scope, whole))


def parts(session: Session, scope: Scope, axis: Axis) -> Mapping[str, Counts]:
    """Rows by the key of what they are: an area's id, a category, a level, a team, a first day."""
    if axis in SPANS:
        return figures.by_span(session, scope, Span(axis))
    if axis == Axis.COMPANY:
        return figures.by_company(session, scope)
    if axis in AREAS:
        return figures.by_area(session, scope, AreaKind(axis))
    if axis == Axis.TEAM:
        return by_team(session, scope)
    return dict(sorted(figures.by_key(session, scope, Slice(axis)).items()))


def density(session: Session, scope: Scope, whole: Counts) -> Density:
    households, period = households_of(session, scope.area_id), scope.period

    def then(other: Period) -> Fraction | None:
        counts = figures.total(session, Scope(scope.area_id, other, scope.now))
        return complaints_per_10k_households(counts, households)

    now = complaints_per_10k_households(whole, households)
    return Density(households, now, then(period.before()), then(period.year_before()))


def _change(now: Fraction | None, then: Fraction | None) -> Fraction | None:
    return (now - then) / then if now is not None and then else None
