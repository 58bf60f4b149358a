"""Puts away by night what is older than its term, so gently that nobody who writes waits."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from config.policy import load
from jobs.schedule import job
from models import retention
from models.base import Database
from models.localtime import local
from models.retention import KINDS, Kept


class Pace:
    """步幅 — how many rows a slice takes, so that it holds the writer no longer than it may."""

    def __init__(self, rows: int, most_rows: int, most_seconds: float) -> None:
        self.rows = rows
        self.longest = 0.0
        self._most_rows = most_rows
        self._most_seconds = most_seconds

    def learn(self, seconds: float) -> None:
        """Half as many after one that took too long, a quarter more after a quick one."""
        self.longest = max(self.longest, seconds)
        if seconds > self._most_seconds:
            self.rows = max(self.rows // 2, 1)
        elif seconds < self._most_seconds / 2:
            self.rows = min(self.rows + self.rows // 4 + 1, self._most_rows)


@job("retention")
def put_in_order(database: Database, now: datetime) -> str | None:
    """A run does a part, until all is done or the night is over; the next one goes on there."""
    night = load("retention")["night"]
    if not night["from"] <= local(now).hour < night["until"]:
        return None
    ends = time.monotonic() + night["seconds"]
    rested = night["rested_hours"] / 24
    pace = Pace(night["first_rows"], night["most_rows"], night["slice_milliseconds"] / 1000)
    with database.reading() as session:
        terms, behind = retention.days(session), retention.behind(session, now)
    told = []
    for name, days in terms.items():
        if behind.get(name, rested) < rested:
            continue
        before = now - timedelta(days=days)
        done = sum(_slices(database, KINDS[name], before, pace, ends))
        if done:
            told.append(f"{name}={done}")
        if time.monotonic() >= ends:
            return " ".join([*told, f"unfinished={name}"])
        with database.writing() as session:
            retention.mark(session, name, now)
    return " ".join([*told, f"longest_ms={pace.longest * 1000:.0f}"]) if told else None


def _slices(
    database: Database, kept: Kept, before: datetime, pace: Pace, ends: float
) -> Iterator[int]:
    """How many rows each slice has put away; one transaction each."""
    after = 0
    while time.monotonic() < ends:
        with database.reading() as session:
            found = retention.stretch(session, kept, after, before, pace.rows)
        if found is None:
            return
        if found.due:
            with database.writing() as session:
                began = time.monotonic()
                done = retention.put_away(session, kept, after, found.last, before)
            held = time.monotonic() - began
            pace.learn(held)
            yield done
            time.sleep(held)  # who waits has the writer as long as this had it
        after = found.last
