"""By when, counted minute by minute on the clock of Shanghai; shares nothing with the product.

Days come from the lists of the published calendar themselves, areas are asked one after another,
from the innermost outwards, and each minute is asked whether it lies in office hours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from chinese_calendar import constants

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PUBLISHED_YEARS = {day.year for day in constants.holidays}

Pauses = Sequence[tuple[datetime, datetime]]
Hours = tuple[tuple[int, int], ...]
MonthDay = tuple[int, int]


@dataclass(frozen=True)
class Layer:
    """What one area says: its hours (minutes from midnight), seasons, whole years, single days.

    A season has its first and last day (month, day) and its hours.
    """

    hours: Hours | None = None
    years: dict[int, tuple[frozenset[date], frozenset[date]]] = field(default_factory=dict)
    rest: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()
    seasons: tuple[tuple[MonthDay, MonthDay, Hours], ...] = ()


class Oracle:
    """One place: the layers around it, the innermost first, and festivals of fixed date."""

    def __init__(self, layers: Sequence[Layer], fixed: frozenset[tuple[int, int]]) -> None:
        self.layers = layers
        self.fixed = fixed
        self._days: dict[date, list[int]] = {}
        self._lists: dict[Hours, list[int]] = {}

    def is_workday(self, day: date) -> bool:
        for layer in self.layers:
            listed_rest, listed_work = layer.years.get(day.year, (frozenset(), frozenset()))
            if day in layer.rest or day in layer.work:
                return day in layer.work
            if day in listed_rest or day in listed_work:
                return day in listed_work
        if day.year in PUBLISHED_YEARS:
            if day in constants.workdays:
                return True
            return day not in constants.holidays and day.weekday() < 5
        is_listed = any(day.year in layer.years for layer in self.layers)
        if (day.month, day.day) in self.fixed and not is_listed:
            return False
        return day.weekday() < 5

    def hours_of(self, day: date) -> Hours:
        """Of the innermost area that says anything of this day: a season, else hours."""
        for layer in self.layers:
            for first, last, hours in layer.seasons:
                if day in _days_from(first, last, day.year):
                    return hours
            if layer.hours is not None:
                return layer.hours
        raise LookupError("no area keeps hours")

    def office_minutes(self, day: date) -> list[int]:
        """Minute by minute, what would be worked on this day, were it a workday."""
        hours = self.hours_of(day)
        if hours not in self._lists:
            self._lists[hours] = [
                minute
                for minute in range(24 * 60)
                if any(begin <= minute < end for begin, end in hours)
            ]
        return self._lists[hours]

    def minutes_of(self, day: date) -> list[int]:
        """The working minutes of a day; each day is asked once."""
        if day not in self._days:
            self._days[day] = self.office_minutes(day) if self.is_workday(day) else []
        return self._days[day]

    def due(self, opened_at: datetime, term: timedelta, pauses: Pauses) -> datetime:
        """The first moment at which the term has passed, pauses and idle minutes left out."""
        opened = opened_at.astimezone(SHANGHAI)
        stops = [(begin.astimezone(SHANGHAI), end.astimezone(SHANGHAI)) for begin, end in pauses]
        day, left = opened.date(), term
        while True:
            whole = timedelta(minutes=len(self.minutes_of(day)))
            begin = datetime.combine(day, time(), SHANGHAI)
            if not _is_stopped(begin, stops):
                if _is_plain(begin, opened, stops) and whole < left:
                    left -= whole
                else:
                    for minute in self.minutes_of(day):
                        for low, high in _pieces(begin + minute * MINUTE, opened, stops):
                            if left <= high - low:
                                return low + left
                            left -= high - low
            day += DAY


class WallOracle(Oracle):
    """Every minute of every day."""

    def __init__(self) -> None:
        super().__init__([Layer(hours=((0, 24 * 60),))], frozenset())

    def is_workday(self, day: date) -> bool:
        return True


@cache
def _days_from(first: MonthDay, last: MonthDay, year: int) -> frozenset[date]:
    """The days of a year in a season, walked one by one from its first day to its last.

    One that is under way at New Year has begun in the year before.
    """
    found = set()
    for begun in (year - 1, year):
        day = date(begun, *first)
        while (day.month, day.day) != last:
            found.add(day)
            day += DAY
        found.add(day)
    return frozenset(day for day in found if day.year == year)


def _is_plain(begin: datetime, opened: datetime, stops: Pauses) -> bool:
    """Whether nothing but working time happens on the day that begins then."""
    return opened <= begin and not any(low < begin + DAY and begin < high for low, high in stops)


def _is_stopped(begin: datetime, stops: Pauses) -> bool:
    """Whether one pause takes the whole day."""
    return any(low <= begin and begin + DAY <= high for low, high in stops)


def _pieces(begin: datetime, opened: datetime, stops: Pauses) -> list[tuple[datetime, datetime]]:
    """What counts of one minute: after the opening and outside every pause."""
    end = begin + MINUTE
    near = [stop for stop in stops if stop[0] < end and begin < stop[1]]
    if opened <= begin and not near:
        return [(begin, end)]
    edges = {begin, end, opened, *(edge for stop in near for edge in stop)}
    inside = sorted(edge for edge in edges if begin <= edge <= end)
    return [
        (low, high)
        for low, high in zip(inside, inside[1:], strict=False)
        if low >= opened and not any(stop[0] <= low and high <= stop[1] for stop in near)
    ]
