"""Working time: office hours on China's workdays, exact to the microsecond."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import chinese_calendar

MICROSECONDS = 60_000_000  # in a minute

Span = tuple[int, int]
"""Begin and length of a stretch of office hours, in microseconds from midnight."""


class Timekeeping(Protocol):
    """What a deadline is counted in."""

    day_minutes: float

    def add(self, start: datetime, minutes: float) -> datetime: ...

    def between(self, begin: datetime, end: datetime) -> float: ...


class WallClock:
    """自然时间 — every minute counts, day and night."""

    day_minutes = 1440.0

    def add(self, start: datetime, minutes: float) -> datetime:
        return _aware(start).astimezone(UTC) + timedelta(microseconds=_counted(minutes))

    def between(self, begin: datetime, end: datetime) -> float:
        return (_aware(end) - _aware(begin)) / timedelta(minutes=1)


@dataclass(frozen=True)
class Holidays:
    """节假日表 — what a community knows beyond the published calendar."""

    rest: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()
    fixed: frozenset[tuple[int, int]] = frozenset()

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> "Holidays":
        years = document.get("years", {})
        rest = {date.fromisoformat(day) for year in years.values() for day in year.get("rest", ())}
        work = {date.fromisoformat(day) for year in years.values() for day in year.get("work", ())}
        strange = {day for day in rest | work if str(day.year) not in years} | (rest & work)
        if strange:
            raise ValueError(f"holidays: {min(strange)} is in the wrong year or both rest and work")
        fixed = {(day.month, day.day) for day in map(_month_and_day, document.get("fixed", ()))}
        return cls(frozenset(rest), frozenset(work), frozenset(map(int, years)), frozenset(fixed))


@dataclass(frozen=True, slots=True)
class _Year:
    workdays: tuple[int, ...]  # ordinals of its workdays
    before: tuple[int, ...]  # how many workdays lie before each day of the year


class WorkCalendar:
    """工作日历 — counts time in office hours only. Moments go in aware and come out in UTC."""

    def __init__(
        self,
        office_hours: Sequence[tuple[time, time]],
        holidays: Holidays = Holidays(),
        zone: str = "Asia/Shanghai",
    ) -> None:
        self._spans = _spans(office_hours)
        self._day = sum(length for _, length in self._spans)
        self._holidays = holidays
        self._zone = ZoneInfo(zone)
        self._years: dict[int, _Year] = {}
        self.day_minutes = self._day / MICROSECONDS

    @classmethod
    def parse(cls, office_hours: Mapping[str, Any], holidays: Mapping[str, Any]) -> "WorkCalendar":
        """From the tables of `config/sla.toml`, or from what a community put in their place."""
        spans = [
            (time.fromisoformat(begin), time.fromisoformat(end))
            for begin, _, end in (text.partition("-") for text in office_hours["spans"])
        ]
        return cls(spans, Holidays.parse(holidays), office_hours["zone"])

    def is_known(self, year: int) -> bool:
        """Whether the year's holidays are published; if not, is_workday is a guess."""
        return year in self._holidays.years or _published(date(year, 1, 1)) is not None

    def is_workday(self, day: date) -> bool:
        if day in self._holidays.rest or day in self._holidays.work:
            return day in self._holidays.work
        published = _published(day)
        if published is not None:
            return published
        is_festival = (day.month, day.day) in self._holidays.fixed
        # A year listed by hand is complete: what it does not name follows the weekday.
        return day.weekday() < 5 and (day.year in self._holidays.years or not is_festival)

    def add(self, start: datetime, minutes: float) -> datetime:
        """The first moment at which so many working minutes have passed since `start`."""
        added = _counted(minutes)
        if added == 0:
            return _aware(start).astimezone(UTC)
        year, target = self._position(start)
        target += added
        while target > len(self._year(year).workdays) * self._day:
            target -= len(self._year(year).workdays) * self._day
            year += 1
        # A term that ends with the day ends at its closing hour, not at the next opening.
        index, rest = divmod(target - 1, self._day)
        midnight = datetime.combine(
            date.fromordinal(self._year(year).workdays[index]), time.min, self._zone
        )
        return (midnight + timedelta(microseconds=self._clock_time(rest + 1))).astimezone(UTC)

    def between(self, begin: datetime, end: datetime) -> float:
        """Working minutes from `begin` to `end`; negative when `end` is earlier."""
        first_year, first = self._position(begin)
        last_year, last = self._position(end)
        years = range(min(first_year, last_year), max(first_year, last_year))
        gap = sum(len(self._year(year).workdays) for year in years) * self._day
        return (last - first + (gap if first_year <= last_year else -gap)) / MICROSECONDS

    def _position(self, moment: datetime) -> tuple[int, int]:
        """The local year and the working time in it before the moment."""
        local = _aware(moment).astimezone(self._zone)
        facts = self._year(local.year)
        ordinal = local.toordinal()
        passed = facts.before[ordinal - date(local.year, 1, 1).toordinal()]
        worked = passed * self._day
        if passed < len(facts.workdays) and facts.workdays[passed] == ordinal:
            since_midnight = (
                (local.hour * 60 + local.minute) * 60 + local.second
            ) * 1_000_000 + local.microsecond
            for begin, length in self._spans:
                worked += min(max(since_midnight - begin, 0), length)
        return local.year, worked

    def _clock_time(self, worked: int) -> int:
        for begin, length in self._spans:
            if worked <= length:
                return begin + worked
            worked -= length
        raise ValueError("more than a day's work")

    def _year(self, year: int) -> _Year:
        facts = self._years.get(year)
        if facts is None:
            first, after = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1
            workdays: list[int] = []
            before = []
            for ordinal in range(first, after):
                before.append(len(workdays))
                if self.is_workday(date.fromordinal(ordinal)):
                    workdays.append(ordinal)
            facts = self._years[year] = _Year(tuple(workdays), tuple(before))
        return facts


def _published(day: date) -> bool | None:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None


def _spans(office_hours: Sequence[tuple[time, time]]) -> tuple[Span, ...]:
    edges = [_since_midnight(edge) for span in office_hours for edge in span]
    if not edges or edges != sorted(set(edges)):
        raise ValueError("office hours: spans must follow each other within one day")
    return tuple((begin, end - begin) for begin, end in zip(edges[::2], edges[1::2], strict=True))


def _since_midnight(moment: time) -> int:
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000


def _month_and_day(text: str) -> date:
    return date.fromisoformat(f"2000-{text}")


def _counted(minutes: float) -> int:
    if minutes < 0:
        raise ValueError("a term can not be negative")
    return round(minutes * MICROSECONDS)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment
