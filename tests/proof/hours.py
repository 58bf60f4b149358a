"""Working time once more, written down by hand for one year, without a look at ours."""

import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, timezone
from functools import cache, lru_cache
from pathlib import Path

import config

SHANGHAI = timezone(timedelta(hours=8))
FIRST_DAY = date(2026, 9, 18)
# The State Council's notice for 2026, from March on: Qingming, labour day, dragon boat, mid-autumn
# and the national holiday, and the days made up.
REST = {
    *(date(2026, 4, day) for day in range(4, 7)),
    *(date(2026, 5, day) for day in range(1, 6)),
    *(date(2026, 6, day) for day in range(19, 22)),
    *(date(2026, 9, 25), *(date(2026, 10, day) for day in range(1, 8))),
}
MADE_UP = {date(2026, 5, 9), date(2026, 9, 20), date(2026, 10, 10)}
OFFICE = ((time(8, 30), time(12)), (time(13, 30), time(17, 30)))
DAY_MINUTES = 450

Pauses = tuple[tuple[datetime, datetime], ...]


@cache
def term(category: str, urgency: str) -> tuple[float, float]:
    """Minutes to accept and to resolve, as the table says."""
    rows = tomllib.loads((Path(config.__file__).parent / "sla.toml").read_text())["terms"]
    row = {**rows["default"][urgency], **_in_minutes(rows.get(category, {}).get(urgency, {}))}
    row = _in_minutes(row)
    return row["accept_minutes"], row["resolve_minutes"]


def _in_minutes(row: dict[str, float]) -> dict[str, float]:
    found = dict(row)
    for limit in ("accept", "resolve"):
        if f"{limit}_days" in found and f"{limit}_minutes" not in found:
            found[f"{limit}_minutes"] = found.pop(f"{limit}_days") * DAY_MINUTES
    return found


def begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


@lru_cache(10_000)  # of a ticket the same is asked again and again, and then no more
def after(begin: datetime, minutes: float, urgency: str, pauses: Pauses = ()) -> datetime:
    """When so many minutes have passed: of working time, or of any time in an emergency."""
    left = timedelta(minutes=minutes)
    for since, until in _pieces(begin, urgency, pauses):
        if left <= until - since:
            return since + left
        left -= until - since
    raise AssertionError("the year has no more time")


def _pieces(
    begin: datetime, urgency: str, pauses: Sequence[tuple[datetime, datetime]]
) -> Iterator[tuple[datetime, datetime]]:
    day = begin.astimezone(SHANGHAI).date()
    while day.year == FIRST_DAY.year:
        whole = ((begin_of(day), begin_of(day + timedelta(1))),)
        for since, until in whole if urgency == "emergency" else _office(day):
            yield from _without(max(since, begin), until, pauses)
        day += timedelta(1)


@cache
def _office(day: date) -> tuple[tuple[datetime, datetime], ...]:
    if day in REST or (day.weekday() >= 5 and day not in MADE_UP):
        return ()
    return tuple(
        (datetime.combine(day, since, SHANGHAI), datetime.combine(day, until, SHANGHAI))
        for since, until in OFFICE
    )


def _without(
    since: datetime, until: datetime, pauses: Sequence[tuple[datetime, datetime]]
) -> Iterator[tuple[datetime, datetime]]:
    for pause_begin, pause_end in sorted(pauses):
        if pause_end <= since or pause_begin >= until:
            continue
        if since < pause_begin:
            yield since, pause_begin
        since = max(since, pause_end)
    if since < until:
        yield since, until
