"""Random towns and matters for the oracle: calendars of areas, terms, openings, pauses."""

import copy
import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from chinese_calendar import constants

from config.categories import LEVEL_ONE, Urgency
from config.policy import load
from models.sla import ServiceTerms
from tests.models.worktime_oracle import (
    MINUTE,
    SHANGHAI,
    Hours,
    Layer,
    MonthDay,
    Oracle,
    Pauses,
    WallOracle,
)

FIRST, LAST = date(2025, 1, 1), date(2028, 1, 31)
NEAR_NEW_YEAR = [date(2026, 12, 20) + timedelta(days=n) for n in range(25)]
MADE_UP = sorted(day for day in constants.workdays if day >= FIRST)
FESTIVALS = sorted(day for day in constants.holidays if day >= FIRST)
FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
SHIPPED = Layer(hours=((510, 720), (810, 1050)))
HOURS = [
    ((510, 720), (810, 1050)),
    ((600, 840), (930, 1170)),
    ((540, 1020),),
    ((0, 300), (301, 302), (1200, 1439)),
]
AMOUNTS = [1, 2, 15, 30, 59, 120, 225, 240]
DAYS = [1, 2, 3, 5, 7, 10, 15]
SUMMER, WINTER = ((510, 720), (870, 1080)), ((540, 720), (780, 1020))
# Of one area, none of which holds a day of another; the second lasts over New Year.
SEASONS = [
    (((6, 1), (9, 30), SUMMER),),
    (((12, 24), (1, 9), WINTER),),
    (((5, 1), (9, 30), SUMMER), ((10, 9), (4, 5), WINTER)),
    (((12, 31), (12, 31), ((600, 700),)), ((1, 1), (1, 4), SUMMER)),
]


@dataclass(frozen=True)
class Town:
    """A place with its oracle, and the product's terms for the same place."""

    oracle: Oracle
    terms: ServiceTerms
    rows: dict[str, dict[str, tuple[int, str, int]]]  # category → urgency → accept, unit, resolve


@dataclass(frozen=True)
class Case:
    """One matter."""

    town: Town
    category: str
    urgency: Urgency
    opened_at: datetime
    pauses: Pauses


def town(random: Random) -> Town:
    layers = [layer(random) for _ in range(random.randint(0, 3))]
    document = copy.deepcopy(load("sla"))
    rows = {name: _rows(random) for name in LEVEL_ONE}
    document["terms"] = {"default": load("sla")["terms"]["default"]} | {
        name: {urgency: _row(*one) for urgency, one in row.items()} for name, row in rows.items()
    }
    bodies = [json.loads(json.dumps(body(one))) for one in layers]
    return Town(Oracle([*reversed(layers), SHIPPED], FIXED), ServiceTerms(document, bodies), rows)


def layer(random: Random) -> Layer:
    """What an area says: seldom everything."""
    year = random.choice([2026, 2027, 2027, 2028])
    years = {year: _lists(random, [date(year, 1, 1) + timedelta(days=n) for n in range(365)], 20)}
    rest, work = _lists(random, [*NEAR_NEW_YEAR, *MADE_UP, *FESTIVALS, *_days(random, 30)], 12)
    return Layer(
        hours=random.choice([None, *HOURS]),
        years=years if random.random() < 0.4 else {},
        rest=rest,
        work=work,
        seasons=random.choice([(), (), *SEASONS]),
    )


def body(one: Layer) -> dict[str, Any]:
    """The same as an area's policy has it."""
    said: dict[str, Any] = {"holidays": _texts(one.rest, one.work)}
    said["holidays"]["years"] = {str(year): _texts(*lists) for year, lists in one.years.items()}
    if one.hours is not None:
        said["office_hours"] = {"spans": spans(one.hours)}
    if one.seasons:
        said.setdefault("office_hours", {})["seasons"] = [season(*one) for one in one.seasons]
    return said


def season(first: MonthDay, last: MonthDay, hours: Hours) -> dict[str, Any]:
    return {"from": month_and_day(first), "to": month_and_day(last), "spans": spans(hours)}


def month_and_day(said: MonthDay) -> str:
    return f"{said[0]:02}-{said[1]:02}"


def spans(hours: tuple[tuple[int, int], ...]) -> list[str]:
    return [f"{_clock(begin)}-{_clock(end)}" for begin, end in hours]


def case(random: Random, towns: list[Town]) -> Case:
    where = random.choice(towns)
    opened = moment(random, where.oracle)
    return Case(
        where,
        random.choice(LEVEL_ONE),
        random.choice([Urgency.NORMAL, Urgency.NORMAL, Urgency.URGENT, Urgency.EMERGENCY]),
        opened,
        [_pause(random, where.oracle, opened) for _ in range(random.choice([0, 0, 1, 2, 4]))],
    )


def expected(one: Case) -> tuple[datetime, datetime]:
    oracle = WALL if one.urgency == Urgency.EMERGENCY else one.town.oracle
    return due_by(oracle, one.town.rows[one.category][one.urgency], one.opened_at, one.pauses)


def due_by(
    oracle: Oracle, row: tuple[int, str, int], opened_at: datetime, pauses: Pauses
) -> tuple[datetime, datetime]:
    """By when the oracle has it accepted and resolved."""
    accept, unit, resolve = row
    day = opened_at.astimezone(SHANGHAI).date()
    minutes = resolve * (len(oracle.office_minutes(day)) if unit == "days" else 1)
    return (
        oracle.due(opened_at, accept * MINUTE, pauses),
        oracle.due(opened_at, minutes * MINUTE, pauses),
    )


def shipped_row(category: str, urgency: Urgency) -> tuple[int, str, int]:
    """What the file says of a class: its own row over the default one."""
    table = load("sla")["terms"]
    usual, own = table["default"][urgency], table.get(category, {}).get(urgency, {})
    resolve = own if {"resolve_days", "resolve_minutes"} & set(own) else usual
    unit = "days" if "resolve_days" in resolve else "minutes"
    return own.get("accept_minutes", usual["accept_minutes"]), unit, resolve[f"resolve_{unit}"]


def computed(one: Case) -> tuple[datetime, datetime]:
    due = one.town.terms.deadlines(one.category, one.urgency, one.opened_at, one.pauses)
    return due.accept_due_at, due.resolve_due_at


def moment(random: Random, oracle: Oracle) -> datetime:
    """Mostly where something changes: edges of hours, midnight, holidays, the year's end."""
    day = random.choice(
        [random.choice(MADE_UP), random.choice(FESTIVALS), random.choice(NEAR_NEW_YEAR)]
        + _days(random, 2)
    )
    edge = random.choice([0, *(one for span in oracle.hours_of(day) for one in span)])
    minute = random.choice([edge, edge, random.randrange(24 * 60)])
    off = random.choice([0, 0, -1, 1, 10**6 * random.randint(-59, 59), random.randrange(6 * 10**7)])
    at = datetime.combine(day, time(), SHANGHAI) + minute * MINUTE
    return at + timedelta(microseconds=off)


def at(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), SHANGHAI)


def _pause(random: Random, oracle: Oracle, opened: datetime) -> tuple[datetime, datetime]:
    begin = opened + timedelta(minutes=random.choice([-30, 0, 1, 45, 600, 1440, 9000]))
    if random.random() < 0.5:
        begin += timedelta(seconds=random.randrange(200_000))
    length = random.choice([0, 1, 60, 3600, 86_400, 10 * 86_400, random.randrange(300_000)])
    return begin, begin + timedelta(seconds=length)


def _rows(random: Random) -> dict[str, tuple[int, str, int]]:
    """Terms of a category; the shortest is a minute and the longest fifteen days."""
    ordinary = (1, "days", random.choice(DAYS))
    if random.random() < 0.3:
        amount = random.choice(AMOUNTS)
        ordinary = (random.choice([one for one in AMOUNTS if one <= amount]), "minutes", amount)
    return {
        Urgency.NORMAL: ordinary,
        Urgency.URGENT: (1, "minutes", random.choice(AMOUNTS)),
        Urgency.EMERGENCY: (1, "minutes", 240),
    }


def _row(accept: int, unit: str, resolve: int) -> dict[str, int]:
    return {"accept_minutes": accept, f"resolve_{unit}": resolve}


def _days(random: Random, count: int) -> list[date]:
    span = (LAST - FIRST).days
    return [FIRST + timedelta(days=random.randrange(span)) for _ in range(count)]


def _lists(random: Random, days: list[date], most: int) -> tuple[frozenset[date], frozenset[date]]:
    picked = random.sample(sorted(set(days)), random.randint(1, most))
    half = random.randint(0, len(picked))
    return frozenset(picked[:half]), frozenset(picked[half:])


def _texts(rest: frozenset[date], work: frozenset[date]) -> dict[str, Any]:
    return {
        "rest": sorted(day.isoformat() for day in rest),
        "work": sorted(day.isoformat() for day in work),
    }


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


WALL = WallOracle()
