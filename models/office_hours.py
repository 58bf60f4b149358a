"""Office hours: the stretches of a day in which work is done, by season of the year."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

_A_LEAP_YEAR = date(2000, 1, 1)
_SPAN = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")

OfficeHours = Sequence[tuple[time, time]]
Span = tuple[int, int]
"""Begin and length of a stretch of office hours, in microseconds from midnight."""


@dataclass(frozen=True, slots=True)
class Season:
    """作息季 — other office hours from one day of every year to another, both within.

    One that begins later in the year than it ends lasts over New Year's Day.
    """

    first: tuple[int, int]
    last: tuple[int, int]
    office_hours: OfficeHours

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> "Season":
        names = {"from", "to", "spans"}
        refuse_unknown(document, "season", names)
        if missing := names - set(document):
            raise ValueError(f"season: its {min(missing)} is missing")
        first, last = (month_and_day(document[edge]) for edge in ("from", "to"))
        hours = hours_in(document)
        return cls((first.month, first.day), (last.month, last.day), tuple(hours))

    def holds(self, day: date) -> bool:
        at = day.month, day.day
        if self.first <= self.last:
            return self.first <= at <= self.last
        return at >= self.first or at <= self.last


def refuse_unknown(document: Mapping[str, Any], where: str, names: Set[str]) -> None:
    """Refuses what is misspelt; passed over, it would be believed to count."""
    if strange := set(document) - names:
        raise ValueError(f"{where}: no such key: {min(strange)}")


def hours_in(table: Mapping[str, Any]) -> list[tuple[time, time]]:
    return [_span(text) for text in table["spans"]]


def seasons_in(table: Mapping[str, Any]) -> list[Season]:
    """Those of one area, none of which may hold a day of another."""
    found = [Season.parse(one) for one in table.get("seasons", ())]
    for n in range(366):
        day = _A_LEAP_YEAR + timedelta(days=n)
        if sum(one.holds(day) for one in found) > 1:
            raise ValueError(f"office hours: {day:%m-%d} lies in two seasons")
    return found


def _span(text: str) -> tuple[time, time]:
    if not _SPAN.fullmatch(text):
        raise ValueError(f"office hours: {text} is not like 08:30-12:00")
    begin, _, end = text.partition("-")
    return time.fromisoformat(begin), time.fromisoformat(end)


def spans_of(office_hours: OfficeHours) -> tuple[Span, ...]:
    edges = [since_midnight(edge) for span in office_hours for edge in span]
    if not edges or edges != sorted(set(edges)):
        raise ValueError("office hours: spans must follow each other within one day")
    return tuple((begin, end - begin) for begin, end in zip(edges[::2], edges[1::2], strict=True))


def length_of(spans: Iterable[Span]) -> int:
    return sum(length for _, length in spans)


def since_midnight(moment: time) -> int:
    seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
    return seconds * 1_000_000 + moment.microsecond


def month_and_day(text: str) -> date:
    return date.fromisoformat(f"{_A_LEAP_YEAR.year}-{text}")
