"""When the calendar asks for what: pure arithmetic over config/publicity.toml."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from config.policy import load
from models.places import AreaKind

MONTHS = 12


class Every(StrEnum):
    """公示周期 — how often an entry asks."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"
    SEASON = "season"  # once a year, on a day of its own


LENGTH = {Every.MONTH: 1, Every.QUARTER: 3, Every.HALF_YEAR: 6, Every.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Entry:
    """公示日历条目 — what is to be published, of which areas, how often, by whom."""

    key: str
    label: str
    kind: str
    level: AreaKind
    every: Every
    title: str
    body: str
    days: int  # from the day it opens to the day it is due
    opens: str = ""  # MM-DD, of a season
    is_mandatory: bool = False
    is_contract: bool = False  # only of estates that a company serves under contract
    writers: tuple[str, ...] = ()  # the first of these roles that somebody holds is asked


@dataclass(frozen=True, slots=True)
class Period:
    """期间 — one turn of an entry: its name, when it may be drafted, when it must be out."""

    name: str
    label: str
    ends_on: date  # the last day it tells of
    opens_on: date
    due_on: date


@cache
def entries() -> Mapping[str, Entry]:
    return {key: _entry(key, row) for key, row in load("publicity")["entry"].items()}


def _entry(key: str, row: Mapping[str, object]) -> Entry:
    given = {**load("publicity")["default"], **row}
    given["level"], given["every"] = AreaKind(given["level"]), Every(given["every"])
    given["writers"] = tuple(given["writers"])
    return Entry(key=key, **given)


def current(entry: Entry, today: date) -> Period | None:
    """The turn that is open on this day, from its opening until it is due."""
    turns = _seasons(entry, today) if entry.every is Every.SEASON else _turns(entry, today)
    return next((one for one in turns if one.opens_on <= today <= one.due_on), None)


def _turns(entry: Entry, today: date) -> Iterator[Period]:
    """Of the last year, the latest first: each is told of from the day after its end."""
    length = LENGTH[entry.every]
    begins = date(today.year, (today.month - 1) // length * length + 1, 1)
    for _ in range(MONTHS // length + 1):
        opens_on = begins
        begins = _months_before(begins, length)
        number = (begins.month - 1) // length
        yield Period(
            name=f"{begins.year}-{entry.every[0].upper()}{number + 1}",
            label=load("publicity")["period"][entry.every][number].format(year=begins.year),
            ends_on=opens_on - timedelta(days=1),
            opens_on=opens_on,
            due_on=opens_on + timedelta(days=entry.days),
        )


def _seasons(entry: Entry, today: date) -> Iterator[Period]:
    for year in (today.year, today.year - 1):
        opens_on = date.fromisoformat(f"{year}-{entry.opens}")
        label = load("publicity")["period"][Every.SEASON][0].format(year=year)
        due_on = opens_on + timedelta(days=entry.days)
        yield Period(f"{year}-S", label, opens_on, opens_on, due_on)


def _months_before(day: date, months: int) -> date:
    months = day.year * MONTHS + day.month - 1 - months
    return date(months // MONTHS, months % MONTHS + 1, 1)
