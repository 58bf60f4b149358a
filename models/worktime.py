"""Working time: office hours on China's workdays, exact to the microsecond."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import chinese_calendar

from models.office_hours import (
    OfficeHours,
    Season,
    Span,
    hours_in,
    length_of,
    month_and_day,
    refuse_unknown,
    seasons_in,
    spans_of,
)
from models.work_year import Room, Shift, WorkYear

MICROSECONDS = 60_000_000  # in a minute
DAY_MINUTES = 1440.0  # on the wall clock
DAY_MICROSECONDS = 86_400_000_000
MOST_SHIFTS = 256  # there are a few dozen terms; what is left of one after a pause comes once


class Timekeeping(Protocol):
    """What a deadline is counted in."""

    def day_lengths(self) -> Collection[float]: ...

    def day_minutes(self, at: datetime) -> float: ...

    def add(self, start: datetime, minutes: float) -> datetime: ...

    def between(self, begin: datetime, end: datetime) -> float: ...


class WallClock:
    """自然时间 — every minute counts, day and night."""

    def day_lengths(self) -> Collection[float]:
        return (DAY_MINUTES,)

    def day_minutes(self, at: datetime) -> float:
        return DAY_MINUTES

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
        fixed = {(day.month, day.day) for day in map(month_and_day, document.get("fixed", ()))}
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


class WorkCalendar:
    """工作日历 — counts time in office hours only. Moments go in aware and come out in UTC."""

    def __init__(
        self,
        office_hours: OfficeHours,
        holidays: Holidays = Holidays(),
        zone: str = "Asia/Shanghai",
        seasons: Iterable[Season] = (),
    ) -> None:
        """Of several seasons that hold a day the first counts."""
        self.office_hours, self.seasons = office_hours, tuple(seasons)
        self._usual = spans_of(office_hours)
        self._usual_minutes = length_of(self._usual) / MICROSECONDS
        self._spans = [(one, spans_of(one.office_hours)) for one in self.seasons]
        self._holidays = holidays
        self._zone = ZoneInfo(zone)
        self._years: dict[int, WorkYear] = {}
        self._shifts: dict[int, Shift] = {}  # the last one of each term

    @classmethod
    def parse(cls, office_hours: Mapping[str, Any], holidays: Mapping[str, Any]) -> "WorkCalendar":
        """From the tables of `config/sla.toml`, or from what a community put in their place."""
        refuse_unknown(office_hours, "office hours", {"zone", "spans", "seasons"})
        spans, zone = hours_in(office_hours), office_hours["zone"]
        return cls(spans, Holidays.parse(holidays), zone, seasons_in(office_hours))

    def changed_by(self, inner: Mapping[str, Any]) -> "WorkCalendar":
        """As an area within has it: its own office hours, if it keeps any, and its own days.

        What it says of a season counts in that season alone; hours of its own for the whole year
        leave nothing of the seasons around it.
        """
        refuse_unknown(inner, "calendar", {"office_hours", "holidays"})
        hours = inner.get("office_hours", {})
        refuse_unknown(hours, "office hours", {"spans", "seasons"})
        usual, seasons = self.office_hours, [*seasons_in(hours), *self.seasons]
        if "spans" in hours:
            usual, seasons = hours_in(hours), seasons_in(hours)
        own = Holidays.parse(inner.get("holidays", {}))
        return WorkCalendar(usual, self._holidays.changed_by(own), self._zone.key, seasons)

    def day_lengths(self) -> Collection[float]:
        """How many working minutes a day may have."""
        every = [self._usual, *(spans for _, spans in self._spans)]
        return {length_of(spans) / MICROSECONDS for spans in every}

    def day_minutes(self, at: datetime) -> float:
        """Working minutes of a day in the season of that moment."""
        if not self._spans:
            return self._usual_minutes
        return length_of(self._spans_of(_aware(at).astimezone(self._zone).date())) / MICROSECONDS

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
        added, begin = _counted(minutes), _aware(start).astimezone(UTC)
        if added == 0:
            return begin
        shift = self._shifts.get(added)
        if shift is not None and shift.first <= begin <= shift.last:
            return shift.end_of(begin)
        year, worked = self._position(begin)
        target = worked + added
        while target > (facts := self._year(year)).total:
            target -= facts.total
            year += 1
        end = facts.when(target).astimezone(UTC)
        self._keep_shift(added, begin, end)
        return end

    def _keep_shift(self, added: int, begin: datetime, end: datetime) -> None:
        """What begins in the same stretch and ends in the same is put later by as much; whatever
        begins in one rest ends at one moment.

        In a rush hundreds do; each takes 0.4 µs then, not 4 by day and 9 in the evening.
        """
        here, there = self._room(begin), self._room(end - timedelta.resolution)
        if here is None or there is None:
            return
        is_rest = not here.is_work
        before, after = here[:2] if is_rest else map(min, here[:2], there[:2])
        first = begin - timedelta(microseconds=before)
        last = begin + timedelta(microseconds=after)
        length = end - begin
        moments = (first, last, first + length, last + length)
        # Within a stretch the clocks may be changed, though not in this country.
        if len({moment.astimezone(self._zone).utcoffset() for moment in moments}) == 1:
            if len(self._shifts) >= MOST_SHIFTS:
                self._shifts.clear()
            self._shifts[added] = Shift(first, last, length, end if is_rest else None)

    def _room(self, moment: datetime) -> Room | None:
        local = moment.astimezone(self._zone)
        return self._year(local.year).room(local)

    def between(self, begin: datetime, end: datetime) -> float:
        """Working minutes from `begin` to `end`; negative when `end` is earlier."""
        first_year, first = self._position(begin)
        last_year, last = self._position(end)
        years = range(min(first_year, last_year), max(first_year, last_year))
        gap = sum(self._year(year).total for year in years)
        return (last - first + (gap if first_year <= last_year else -gap)) / MICROSECONDS

    def _position(self, moment: datetime) -> tuple[int, int]:
        """The local year and the working time in it before the moment."""
        local = _aware(moment).astimezone(self._zone)
        return local.year, self._year(local.year).worked_by(local)

    def _spans_of(self, day: date) -> tuple[Span, ...]:
        for season, spans in self._spans:
            if season.holds(day):
                return spans
        return self._usual

    def _year(self, year: int) -> WorkYear:
        facts = self._years.get(year)
        if facts is None:
            facts = self._years[year] = self._counted_out(year)
        return facts

    def _counted_out(self, year: int) -> WorkYear:
        begins, worked = [], [0]
        for number in range(date(year, 12, 31).timetuple().tm_yday):
            day = date(year, 1, 1) + timedelta(days=number)
            for begin, length in self._spans_of(day) if self.is_workday(day) else ():
                begins.append(number * DAY_MICROSECONDS + begin)
                worked.append(worked[-1] + length)
        return WorkYear(datetime(year, 1, 1, tzinfo=self._zone), tuple(begins), tuple(worked))


def _days(lists: Iterable[Sequence[str]]) -> frozenset[date]:
    return frozenset(date.fromisoformat(day) for days in lists for day in days)


def _published(day: date) -> bool | None:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None


def _counted(minutes: float) -> int:
    if minutes < 0:
        raise ValueError("a term can not be negative")
    return round(minutes * MICROSECONDS)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return moment
