"""Lays the figures of a report out as tables; it reckons nothing that models/metrics has not."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from app.figure_labels import labels_of
from app.reports import steering
from app.reports.document import Cell, Chart, Document, Form, Look, Table
from config.policy import load
from models.localtime import local
from models.metrics.cuts import AREAS, Axis
from models.metrics.periods import DAY, Period, Span, holding
from models.metrics.sheet import Density, Row
from models.metrics.tally import Count
from models.places import full_name
from models.reports.composing import Composed, Part
from models.reports.table import Edition

# Below the rates: what they are made of, and what became of the rest.
WHOLE = (
    *(Count.COMPLAINTS, Count.ANSWERED, Count.ANSWER_MISSED, Count.RUNNING, Count.OVERDUE),
    *(Count.FIXED, Count.DISPUTED, Count.CANNOT_FIX, Count.NOT_OURS, Count.DUPLICATE),
    *(Count.WITHDRAWN, Count.REOPENED, Count.RETURNED, Count.RATINGS),
)
RATES = ("response", "resolution", "satisfaction", "on_time")
RATES_OF_PARTS = ("response", "resolution", "satisfaction")
BARS = 12


@dataclass(frozen=True, slots=True)
class _Words:
    """用词 — what columns and rows are called: rows of config/labels.toml."""

    metric: Mapping[str, str]
    report: Mapping[str, str]
    axis: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Behind:
    """出处 — the address of a row's lists, up to what is counted."""

    query: Mapping[str, str]

    def cell(self, counts: Mapping[str, int], *names: Count) -> Cell:
        total = sum(counts[one] for one in names)
        what = {**self.query, "what": ",".join(names)} if total else None
        return Cell(total, Form.COUNT, what)


def document(session: Session, composed: Composed, edition: Edition) -> Document:
    labels = load("labels")
    words = _Words(labels["metric"], labels["report"], labels["axis"])
    period = composed.scope.period
    tables = [
        _whole(composed, words),
        *(_part(session, composed, part, words) for part in composed.parts),
        _trend(composed, words),
        *steering.tables(session, composed),
    ]
    return Document(
        f"{full_name(session, composed.scope.area_id)}{labels['edition'][edition]}",
        words.report["days"].format(_day(period.first), _day(period.last)),
        [one for one in tables if one.rows],
        [words.report[name] for name in ("note_rates", "note_as_of", "note_density")],
    )


def _whole(composed: Composed, words: _Words) -> Table:
    whole, then = composed.whole, composed.year_before
    periods = (composed.scope.period, *composed.others)
    behind = [_Behind(_of(composed, one)) for one in periods]
    counts = [whole.counts, whole.before, then.counts]
    shares = [whole.rates(), whole.rates_before(), then.rates()]

    def counted(name: Count) -> list[Cell]:
        cells = (one.cell(of, name) for one, of in zip(behind, counts, strict=True))
        return [Cell(words.metric[name], Form.TEXT), *cells]

    rates = [
        [Cell(words.metric[name], Form.TEXT), *(Cell(one[name], Form.SHARE) for one in shares)]
        for name in RATES
    ]
    rows = [
        counted(Count.OPENED),
        *rates,
        *_density_of_whole(whole.density, words),
        *(counted(name) for name in WHOLE),
    ]
    heads = [words.report[name] for name in ("figure", "now", "before", "year_before")]
    return Table("whole", words.report["whole"], heads, rows)


def _density_of_whole(density: Density | None, words: _Words) -> Iterator[list[Cell]]:
    """Nothing where no household is registered."""
    if density is not None and density.households:
        values = (density.now, density.before, density.year_before)
        cells = (Cell(one, Form.DECIMAL) for one in values)
        yield [Cell(words.metric["density"], Form.TEXT), *cells]


def _part(session: Session, composed: Composed, part: Part, words: _Words) -> Table:
    names = labels_of(session, part.axis, part.rows)
    has_density = part.axis in AREAS
    heads = [
        words.axis[part.axis],
        *(words.metric["opened"], words.report["before"]),
        *(words.metric[name] for name in RATES_OF_PARTS),
        *(words.metric["running"], words.metric["overdue"]),
        *([words.metric["density"], words.metric["on_period"]] if has_density else ()),
    ]
    rows = [
        [
            Cell(names.get(key, key), Form.TEXT),
            *_cells(composed, row, {"by": str(part.axis), "part": key}),
            *(_density(row.density) if has_density else ()),
        ]
        for key, row in part.rows.items()
    ]
    title = words.report["by"].format(words.axis[part.axis])
    return Table(part.axis, title, heads, rows, _bars(rows, words))


def _cells(composed: Composed, row: Row, part: Mapping[str, str]) -> Iterator[Cell]:
    now = _Behind({**_of(composed, composed.scope.period), **part})
    before = _Behind({**_of(composed, composed.others[0]), **part})
    yield now.cell(row.counts, Count.OPENED)
    yield before.cell(row.before, Count.OPENED)
    rates = row.rates()
    for name in RATES_OF_PARTS:
        yield Cell(rates[name], Form.SHARE)
    yield now.cell(row.counts, Count.RUNNING)
    yield now.cell(row.counts, Count.OVERDUE)


def _density(density: Density | None) -> Iterable[Cell]:
    now = density.now if density else None
    change = density.on_period if density else None
    return Cell(now, Form.DECIMAL), Cell(change, Form.CHANGE)


def _trend(composed: Composed, words: _Words) -> Table:
    """Also the days on which nothing was told: a curve that left them out would be bent."""
    axis, found = composed.trend.axis, composed.trend.rows
    rows = []
    for span, (first, last) in _spans(composed) if found else ():
        row = found.get(span.isoformat(), Row(Counter(), Counter()))
        behind = _Behind(_of(composed, Period(first, last)))
        counts = (Count.OPENED, Count.RUNNING, Count.OVERDUE)
        rates = row.rates()
        rows.append(
            [
                Cell(_span(axis, first), Form.TEXT),
                *(behind.cell(row.counts, name) for name in counts),
                *(Cell(rates[name], Form.SHARE) for name in ("response", "resolution")),
            ]
        )
    names = ("opened", "running", "overdue", "response", "resolution")
    heads = [words.axis[axis], *(words.metric[name] for name in names)]
    columns = [(heads[1], 1), (heads[3], 3)]
    chart = Chart(Look.LINE, len(rows), columns) if len(rows) > 1 else None
    return Table("trend", words.report["trend"], heads, rows, chart)


def _spans(composed: Composed) -> Iterator[tuple[date, tuple[date, date]]]:
    """The days, weeks or months up to now: first day, and the days of it in the period."""
    period, span = composed.scope.period, Span(composed.trend.axis)
    until = min(period.last, local(composed.scope.now).date())
    day = period.first
    while day <= until:
        whole = holding(day, span)
        yield whole.first, (day, min(whole.last, period.last))
        day = whole.last + DAY


def _bars(rows: Sequence[Sequence[Cell]], words: _Words) -> Chart | None:
    """Beside the period before, if anything was told in it."""
    columns = [(words.report["now"], 1), (words.report["before"], 2)]
    shown = [one for one in columns if one[1] == 1 or any(row[2].value for row in rows)]
    return Chart(Look.BARS, min(len(rows), BARS), shown) if len(rows) > 1 else None


def _of(composed: Composed, period: Period) -> dict[str, str]:
    return {
        "area": str(composed.scope.area_id),
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
    }


def _span(axis: Axis, first: date) -> str:
    words = load("labels")["report"]
    return str(words[axis]).format(year=first.year, month=first.month, day=first.day)


def _day(day: date) -> str:
    return str(load("labels")["report"]["date"]).format(year=day.year, month=day.month, day=day.day)
