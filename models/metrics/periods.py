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
        """环比: the month before a whole month, else as many days just before."""
        last = self.first - DAY
        if self == holding(self.first, Span.MONTH):
            return holding(last, Span.MONTH)
        return Period(last - (self.last - self.first), last)

    def year_before(self) -> "Period":
        """同比: the same days of the year before; a whole month is compared with a whole one."""
        if self == holding(self.first, Span.MONTH):
            return holding(_year_before(self.first), Span.MONTH)
        return Period(_year_before(self.first), _year_before(self.last))


def holding(day: date, span: Span) -> Period:
    """The day, the week from Monday, or the month that this day lies in."""
    if span == Span.WEEK:
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=6))
    if span == Span.MONTH:
        return Period(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))
    return Period(day, day)


def _year_before(day: date) -> date:
    year = day.year - 1
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))
