"""One sheet of figures: the rows asked for, each with its rates and its complaints per 10,000."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from sqlalchemy.orm import Session

from models.localtime import local
from models.metrics import figures
from models.metrics.cuts import AREAS, COMPANIES, OTHERS, Axis
from models.metrics.figures import Parts, Scope
from models.metrics.households import households_of, households_served
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
    # The companies' parts are not all there is, and their density is of what is said of them.
    axes = (axis, None, Axis.COMPLAINED_OF) if axis in COMPANIES else (axis,)
    return sheet_of(session, scope, axis, figures.parts_by(session, scope, axes, periods))


def sheet_of(
    session: Session, scope: Scope, axis: Axis | None, found: Mapping[Axis | None, Sequence[Parts]]
) -> Sheet:
    """What was counted over the three periods, by this axis and perhaps by others."""
    parts = found[axis]
    if None in found:
        totals = [figures.whole_of(one) for one in found[None]]
    else:
        totals = [sum(one.values(), Counter()) for one in parts]
    ids = [int(key) for key in parts[0] if key.isdecimal()] if axis in AREAS else []
    households = households_of(session, {scope.area_id, *ids})
    whole = Row(totals[0], totals[1], _density([households[scope.area_id]] * 3, totals))
    if axis is None:
        return Sheet(whole)
    if axis in COMPANIES:
        periods = scope.period.compared(local(scope.now).date())
        served = households_served(session, scope.area_id, periods, scope.now)
        densities = _densities(parts[0], served, found[Axis.COMPLAINED_OF])
    else:
        densities = _densities(ids, [{str(one): households[one] for one in ids}] * 3, parts)
    return Sheet(whole, rows_of(parts, densities))


def rows_of(
    parts: Sequence[Parts], densities: Mapping[str, Density] | None = None
) -> dict[str, Row]:
    """A team of one may be all there is in the others: it is counted, and not judged."""
    return {
        key: Row(counts, parts[1].get(key, Counter()), (densities or {}).get(key), key != OTHERS)
        for key, counts in parts[0].items()
    }


def _densities(
    keys: Iterable[int | str], households: Sequence[Mapping[str, Fraction]], said: Sequence[Parts]
) -> dict[str, Density]:
    """Of areas; and of companies by what is said of them in the estates that they serve."""
    return {
        key: _density(
            [one.get(key, Fraction()) for one in households],
            [one.get(key, Counter()) for one in said],
        )
        for key in map(str, keys)
    }


def _density(households: Sequence[Fraction], counts: Sequence[Counts]) -> Density:
    now, before, year_before = map(complaints_per_10k_households, counts, households)
    return Density(households[0], now, before, year_before)


def _change(now: Fraction | None, then: Fraction | None) -> Fraction | None:
    return (now - then) / then if now is not None and then else None
