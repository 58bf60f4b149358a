"""One sheet of figures: the rows asked for, each with its rates and its complaints per 10,000."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from sqlalchemy.orm import Session

from models.localtime import local
from models.metrics import figures
from models.metrics.cuts import AREAS, COMPANIES, OTHERS, Axis, ComplainedOf
from models.metrics.figures import Parts, Scope
from models.metrics.households import households_of, households_served
from models.metrics.periods import Period
from models.metrics.rates import SHOWN, complaints_per_10k_households
from models.metrics.tally import Counts


@dataclass(frozen=True, slots=True)
class Density:
    """万户比 — complaints among 10,000 households, now, in the period before and a year before."""

    households: Fraction
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
class Row:
    """一行 — counts of one part, what they were in the period before, and its density if any."""

    counts: Counts
    before: Counts
    density: Density | None = None
    is_rated: bool = True

    def rates(self) -> dict[str, Fraction | None]:
        return self._rates(self.counts)

    def rates_before(self) -> dict[str, Fraction | None]:
        return self._rates(self.before)

    def _rates(self, counts: Counts) -> dict[str, Fraction | None]:
        return {name: rate(counts) if self.is_rated else None for name, rate in SHOWN.items()}


@dataclass(frozen=True, slots=True)
class Sheet:
    """三率表 — the whole of an area and a period, and the rows it is made of."""

    whole: Row
    rows: Mapping[str, Row] = field(default_factory=dict)


def sheet(session: Session, scope: Scope, axis: Axis | None) -> Sheet:
    periods = scope.period.compared(local(scope.now).date())
    parts = figures.parts(session, scope, axis, periods) if axis else []
    if axis is None or axis in COMPANIES:  # whose parts are not all there is
        totals = figures.totals(session, scope, periods)
    else:
        totals = [sum(one.values(), Counter()) for one in parts]
    households = households_of(session, [scope.area_id])[scope.area_id]
    whole = Row(totals[0], totals[1], _density([households] * 3, totals))
    if axis is None:
        return Sheet(whole)
    densities = _densities(session, scope, axis, periods, parts)
    rows = {
        # A team of one may be all there is in the others: it is counted, and not judged.
        key: Row(counts, parts[1].get(key, Counter()), densities.get(key), key != OTHERS)
        for key, counts in parts[0].items()
    }
    return Sheet(whole, rows)


def _densities(
    session: Session, scope: Scope, axis: Axis, periods: Sequence[Period], parts: Sequence[Parts]
) -> dict[str, Density]:
    """Of areas; and of companies by what is said of them in the estates that they serve."""
    if axis in AREAS:
        ids = [int(key) for key in parts[0] if key.isdecimal()]
        found = households_of(session, ids)
        return {
            str(one): _density(
                [found[one]] * 3, [sheet.get(str(one), Counter()) for sheet in parts]
            )
            for one in ids
        }
    if axis in COMPANIES:
        said = figures.spread(session, scope, ComplainedOf(scope.area_id), periods)
        served = households_served(session, scope.area_id, periods, scope.now)
        return {
            key: _density(
                [one.get(key, Fraction()) for one in served],
                [one.get(key, Counter()) for one in said],
            )
            for key in parts[0]
        }
    return {}


def _density(households: Sequence[Fraction], counts: Sequence[Counts]) -> Density:
    now, before, year_before = map(complaints_per_10k_households, counts, households)
    return Density(households[0], now, before, year_before)


def _change(now: Fraction | None, then: Fraction | None) -> Fraction | None:
    return (now - then) / then if now is not None and then else None
