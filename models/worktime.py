"""Working time: office hours on China's workdays, exact to the microsecond."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import chinese_calendar

MICROSECONDS = 60_000_000  # in a minute

_SPAN = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")

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
        """`years` are whole lists by year; `rest` and `work` beside them single days, which win."""
        refuse_unknown(document, "holidays", {"years", "rest", "work", "fixed"})
        years = document.get("years", {})
        for year, lists in years.items():
            refuse_unknown(lists, f"holidays: {year}", {"rest", "work"})
            if strange := [day for day in _days(lists.values()) if day.year != int(year)]:
                raise ValueError(f"holidays: {min(strange)} does not lie in {year}")
        fixed = {(day.month, day.day) for day in map(_month_and_day, document.get("fixed", ()))}
        listed = cls._of(years.values())
        known = replace(listed, years=frozenset(map(int, years)), fixed=frozenset(fixed))
        return known.changed_by(cls._of([document]))

    @classmethod
    def _of(cls, lists: Collection[Mapping[str, Any]]) -> "Holidays":
        rest = _days(one.get("rest", ()) for one in lists)
        work = _days(one.get("work", ()) for one in lists)
        if strange := rest & work:
            raise ValueError(f"holidays: {min(strange)} is both rest and work")
        return cls(rest, work)

    def changed_by(self, inner: "Holidays") -> "Holidays":
        """Day by day: what the inner area says of a day counts, of all others what is said here."""
        return Holidays(
            rest=(self.rest - inner.work) | inner.rest,
            work=(self.work - inner.rest) | inner.work,
            years=self.years | inner.years,
            fixed=self.fixed | inner.fixed,
        )


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
        self.office_hours = office_hours
        self._spans = _spans(office_hours)
        self._day = sum(length for _, length in self._spans)
        self._holidays = holidays
        self._zone = ZoneInfo(zone)
        self._years: dict[int, _Year] = {}
        self.day_minutes = self._day / MICROSECONDS

    @classmethod
    def parse(cls, office_hours: Mapping[str, Any], holidays: Mapping[str, Any]) -> "WorkCalendar":
        """From the tables of `config/sla.toml`, or from what a community put in their place."""
        refuse_unknown(office_hours, "office hours", {"zone", "spans"})
        spans = _office_hours(office_hours)
        return cls(spans, Holidays.parse(holidays), office_hours["zone"])

    def changed_by(self, inner: Mapping[str, Any]) -> "WorkCalendar":
        """As an area within has it: its own office hours, if it keeps any, and its own days."""
        refuse_unknown(inner, "calendar", {"office_hours", "holidays"})
        spans = self.office_hours
        if "office_hours" in inner:
            refuse_unknown(inner["office_hours"], "office hours", {"spans"})
            spans = _office_hours(inner["office_hours"])
        own = Holidays.parse(inner.get("holidays", {}))
        return WorkCalendar(spans, self._holidays.changed_by(own), self._zone.key)

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


def refuse_unknown(document: Mapping[str, Any], where: str, names: Set[str]) -> None:
    """Refuses what is misspelt; passed over, it would be believed to count."""
    if strange := set(document) - names:
        raise ValueError(f"{where}: no such key: {min(strange)}")


def _days(lists: Iterable[Sequence[str]]) -> frozenset[date]:
    return frozenset(date.fromisoformat(day) for days in lists for day in days)


def _office_hours(table: Mapping[str, Any]) -> list[tuple[time, time]]:
    return [_span(text) for text in table["spans"]]


def _span(text: str) -> tuple[time, time]:
    if not _SPAN.fullmatch(text):
        raise ValueError(f"office hours: {text} is not like 08:30-12:00")
    begin, _, end = text.partition("-")
    return time.fromisoformat(begin), time.fromisoformat(end)


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
