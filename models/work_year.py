"""A year's stretches of work, and how far a moment may move within its own."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple


class WorkYear(NamedTuple):
    """一年的工时 — its stretches of work, one after the other, in microseconds.

    Looked into by halving: a deadline takes 2.4 µs; finding its day first, and then the hour, 3.7.
    """

    first: datetime  # its first midnight, in the calendar's zone
    begins: Sequence[int]  # of each stretch, from there on the clock on the wall
    worked: Sequence[int]  # before each stretch, and before the next year

    @property
    def total(self) -> int:
        return self.worked[-1]

    def worked_by(self, local: datetime) -> int:
        """The working time in it before the moment."""
        passed = microseconds(local - self.first)
        number = bisect_right(self.begins, passed) - 1
        if number < 0:
            return 0
        return min(self.worked[number] + passed - self.begins[number], self.worked[number + 1])

    def when(self, worked: int) -> datetime:
        """When so much of it is done: a term that ends with the day ends at its closing hour."""
        number = bisect_left(self.worked, worked) - 1
        passed = self.begins[number] + worked - self.worked[number]
        return self.first + timedelta(microseconds=passed)

    def room(self, local: datetime) -> "Room | None":
        """None before the first stretch, and from the last on: there the year ends in between."""
        passed = microseconds(local - self.first)
        number = bisect_right(self.begins, passed) - 1
        if not 0 <= number < len(self.begins) - 1:
            return None
        begun = self.begins[number]
        closed = begun + self.worked[number + 1] - self.worked[number]
        if passed < closed:
            return Room(passed - begun, closed - 1 - passed, is_work=True)
        return Room(passed - closed, self.begins[number + 1] - passed, is_work=False)


class Room(NamedTuple):
    """余地 — microseconds from the first moment of a stretch of work, or of a rest between two,
    and on to the last."""

    before: int
    after: int
    is_work: bool


class Shift(NamedTuple):
    """顺延 — where a term ends that began between two moments: so much later, or at this one."""

    first: datetime
    last: datetime
    length: timedelta
    end: datetime | None  # wherever in a rest it began

    def end_of(self, begin: datetime) -> datetime:
        return self.end or begin + self.length


def microseconds(length: timedelta) -> int:
    seconds = length.days * 86_400 + length.seconds
    return seconds * 1_000_000 + length.microseconds
