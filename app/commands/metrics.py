"""`linli metrics`: the figures of an area, and making them anew from the events."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from unicodedata import east_asian_width

import click
from sqlalchemy.orm import Session

from app.commands.background import background_store
from app.commands.named import area_named
from app.figure_labels import HEAD, labels_of
from app.house import now
from config.policy import load
from config.settings import Settings
from jobs.metrics import roll_up_all
from models.localtime import local
from models.metrics import rebuilding
from models.metrics.cuts import Axis
from models.metrics.figures import Scope
from models.metrics.periods import Period, Span, holding
from models.metrics.rates import SHOWN as RATES
from models.metrics.sheet import Density, Row, Sheet, sheet
from models.metrics.tally import Count
from models.places import Area, root_area_id

SHOWN = (
    *(Count.OPENED, Count.WAITING, Count.RUNNING, Count.OVERDUE, Count.FIXED, Count.DISPUTED),
    *(Count.CANNOT_FIX, Count.NOT_OURS, Count.DUPLICATE, Count.WITHDRAWN),
)
NOTHING = "-"


@click.group()
def metrics() -> None:
    """Figures: three rates, counts of honest outcomes, complaints per 10,000 households.

    They are of areas, categories, levels, teams and companies; never of a person.
    """


@metrics.command()
@click.option("--area", "area_name", help="An area's name; the default is the whole house.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day, within.")
@click.option(
    "--span",
    type=click.Choice([str(one) for one in Span]),
    default="month",
    show_default=True,
    help="Without --to: the whole day, week or month that holds --from, or today.",
)
@click.option("--by", type=click.Choice([str(one) for one in Axis]), help="One row for each.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(
    area_name: str | None,
    first: datetime | None,
    last: datetime | None,
    span: str,
    by: str | None,
    as_json: bool,
) -> None:
    """Print the figures of what was reported in an area from one day to another."""
    at = now()
    period = _period(first, last, Span(span), local(at).date())
    with background_store(Settings()) as database, database.reading() as session:
        area = _area(session, area_name)
        axis = Axis(by) if by else None
        found = sheet(session, Scope(area.id, period, at), axis)
        labels = labels_of(session, axis, found.rows)
    click.echo((_as_json if as_json else _as_table)(area.name, period, found, labels))


@metrics.command()
@click.option("--check", is_flag=True, help="Only compare; change nothing.")
def rebuild(check: bool) -> None:
    """Make the figures anew from the events alone, and say where the rows differed.

    Ends with 1 when they do not agree.
    """
    at = now()
    with background_store(Settings()) as database:
        with rebuilding.one_moment(database) as session:
            found = rebuilding.compare(session, at)
        if not check:
            with database.writing() as session:
                rebuilding.set_right(session, found.differing)
                rebuilding.empty(session)
            roll_up_all(database, at)
    for one in found.differing:
        click.echo(f"#{one.told.id} differs in {', '.join(one.names)}")
    for cell in found.wrong_cells:
        click.echo(f"area {cell.area_id}, {cell.day}, {cell.slice} {cell.key}: wrong sums")
    click.echo(f"{found.tickets} tickets and {found.cells} sums compared with the events")
    if not found.agrees:
        raise SystemExit(1)


def _period(first: datetime | None, last: datetime | None, span: Span, today: date) -> Period:
    begin = first.date() if first else today
    if last is None:
        return holding(begin, span)
    if first is None:
        raise click.UsageError("--to needs --from")
    try:
        return Period(begin, last.date())
    except ValueError as reversed_:
        raise click.UsageError("--to lies before --from") from reversed_


def _area(session: Session, name: str | None) -> Area:
    root = root_area_id(session)
    if name is None and root is None:
        raise click.ClickException("this house has no area yet; see linli init")
    return area_named(session, name) if name else session.get_one(Area, root)


def _as_table(area: str, period: Period, found: Sheet, labels: Mapping[str, str]) -> str:
    heads = load("labels")[HEAD]
    names = [*RATES, *SHOWN, "ratings", "density"]
    lines = [[f"{area} {period.first} – {period.last}", *(heads[str(name)] for name in names)]]
    for label, row in [
        *((labels.get(key, key), row) for key, row in found.rows.items()),
        (heads["whole"], found.whole),
    ]:
        rates = [_percent(rate) for rate in row.rates().values()]
        numbers = [str(row.counts[name]) for name in (*SHOWN, Count.RATINGS)]
        lines.append([label, *rates, *numbers, _number(row.density.now if row.density else None)])
    few = heads["few_ratings"].format(load("metrics")["fewest_ratings"])
    return "\n".join([*_aligned(lines), "", *_density(heads, found.whole.density), few])


def _density(heads: Mapping[str, str], density: Density | None) -> Iterator[str]:
    if density is not None:
        yield (
            f"{heads['density']} {_number(density.now)}  "
            f"{heads['households']} {int(density.households)}  "
            f"{heads['on_period']} {_change(density.on_period)}  "
            f"{heads['on_year']} {_change(density.on_year)}"
        )


def _as_json(area: str, period: Period, found: Sheet, labels: Mapping[str, str]) -> str:
    rows = [
        {"key": key, "label": labels.get(key, key), **_figures(row)}
        for key, row in found.rows.items()
    ]
    return json.dumps(
        {
            "area": area,
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
            "whole": _figures(found.whole),
            "rows": rows,
            **_densities(found.whole.density),
        },
        ensure_ascii=False,
    )


def _figures(row: Row) -> dict[str, Any]:
    """Who gave the few answers there are is not to be worked out from how many were content."""
    rates = row.rates()
    counts = {str(one): row.counts[one] for one in Count}
    if rates["satisfaction"] is None:
        counts[Count.SATISFIED] = None
    return {
        **{f"{name}_rate": _plain(rate) for name, rate in rates.items()},
        **counts,
        **_densities(row.density),
    }


def _densities(density: Density | None) -> dict[str, Any]:
    if density is None:
        return {}
    return {
        "households": _plain(density.households),
        "complaints_per_10k_households": _plain(density.now),
        "change_on_period": _plain(density.on_period),
        "change_on_year": _plain(density.on_year),
    }


def _plain(share: Fraction | None) -> float | None:
    return None if share is None else round(float(share), 6)


def _percent(share: Fraction | None) -> str:
    return NOTHING if share is None else f"{float(share):.1%}"


def _number(share: Fraction | None) -> str:
    return NOTHING if share is None else f"{float(share):.1f}"


def _change(share: Fraction | None) -> str:
    return NOTHING if share is None else f"{float(share):+.1%}"


def _aligned(lines: list[list[str]]) -> list[str]:
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            cell + _blank(cell, width) if first else _blank(cell, width) + cell
            for first, cell, width in zip([True] + [False] * len(line), line, widths, strict=False)
        ).rstrip()
        for line in lines
    ]


def _blank(cell: str, width: int) -> str:
    return " " * (width - _width(cell))


def _width(cell: str) -> int:
    """In columns of a terminal, where a Chinese character takes two."""
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in cell)
