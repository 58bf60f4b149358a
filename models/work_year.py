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

    def room(self, local: datetime) -> tuple[int, int] | None:
        """From the beginning of its stretch to the moment, and on to the last one in it."""
        passed = microseconds(local - self.first)
        number = bisect_right(self.begins, passed) - 1
        if number < 0:
            return None
        before = passed - self.begins[number]
        after = self.worked[number + 1] - self.worked[number] - before - 1
        return (before, after) if after >= 0 else None


class Shift(NamedTuple):
    """顺延 — by how much a term put off whatever began between two moments."""

    first: datetime
    last: datetime
    length: timedelta


def microseconds(length: timedelta) -> int:
    seconds = length.days * 86_400 + length.seconds
    return seconds * 1_000_000 + length.microseconds
