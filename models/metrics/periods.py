"""Days from one to another, and the periods that they are compared with."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from models.localtime import SHANGHAI

DAY = timedelta(days=1)


class Span(StrEnum):
    """周期 — what a period is cut into, or taken as."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


MONTHS = {Span.MONTH: 1, Span.QUARTER: 3, Span.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Period:
    """统计周期 — from one day to another, both within."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a period can not end before it begins")

    @property
    def since(self) -> datetime:
        return datetime.combine(self.first, time(), SHANGHAI)

    @property
    def until(self) -> datetime:
        """The midnight after it."""
        return datetime.combine(self.last + DAY, time(), SHANGHAI)

    def before(self) -> "Period":
        """环比: the month before a whole month, and so on; else as many days just before."""
        last = self.first - DAY
        span = self._span()
        return holding(last, span) if span else Period(last - (self.last - self.first), last)

    def year_before(self) -> "Period":
        """同比: the same days of the year before; a whole month is compared with a whole one."""
        first, span = _year_before(self.first), self._span()
        return holding(first, span) if span else Period(first, _year_before(self.last))

    def compared(self, today: date) -> tuple["Period", "Period", "Period"]:
        """Itself, the one before, the one a year before: while it runs, as many days of each."""
        others = self.before(), self.year_before()
        if self.first <= today < self.last:
            past = today - self.first
            others = others[0]._cut(past), others[1]._cut(past)
        return self, *others

    def _cut(self, past: timedelta) -> "Period":
        return Period(self.first, min(self.last, self.first + past))

    def _span(self) -> Span | None:
        """Whose length the calendar decides."""
        spans = (Span.MONTH, Span.QUARTER, Span.YEAR)
        return next((one for one in spans if self == holding(self.first, one)), None)


def holding(day: date, span: Span) -> Period:
    """The day, the week from Monday, the month, the quarter or the year that this day lies in."""
    if span == Span.DAY:
        return Period(day, day)
    if span == Span.WEEK:
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=6))
    months = MONTHS[span]
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    month = first.month + months - 1
    return Period(first, first.replace(month=month, day=monthrange(day.year, month)[1]))


def _year_before(day: date) -> date:
    year = day.year - 1
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))
