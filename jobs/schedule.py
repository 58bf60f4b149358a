"""The schedule: names and times from `config/schedule.toml`, functions by decorator."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib import import_module
from typing import Any

from apscheduler.triggers.cron import CronTrigger

from config.policy import load
from models.base import Database

MODULES = (
    *("jobs.calendar", "jobs.digests", "jobs.hazards", "jobs.identities", "jobs.matchings"),
    *("jobs.legacy", "jobs.mediations", "jobs.metrics", "jobs.notices", "jobs.patrols"),
    *("jobs.operations", "jobs.outgoing", "jobs.projects", "jobs.takeovers", "jobs.tickets"),
    *("jobs.exports", "jobs.reports", "jobs.standings", "jobs.supervisions", "jobs.upkeep"),
    *("jobs.hotline", "jobs.open311", "jobs.retention", "jobs.webhooks", "jobs.whistles"),
)
"""Modules that define jobs, tasks and loops."""

JobFunction = Callable[[Database, datetime], str | None]

FUNCTIONS: dict[str, JobFunction] = {}

# APScheduler counts weekdays from Monday as 0 where crontab has Sunday, so digits would mislead.
WEEKDAYS = frozenset("0123456789")


class ScheduleBroken(Exception):
    """A row of the schedule and the functions do not fit; nothing may start like this."""


class Misfire(StrEnum):
    """错过处理 — what becomes of firings that were missed."""

    ONCE = "once"
    EACH = "each"


def job(name: str) -> Callable[[JobFunction], JobFunction]:
    """Gives a row of the schedule its function.

    It is called as `function(database, now)`, outside any transaction, where `now` is the moment
    the firing was due (after downtime that may be hours ago). It opens its own `reading()` and
    `writing()`, and may return a short detail for the console, without personal data. It may be
    called again for the same moment after a crash: give what it asks for unique keys made of the
    job, `now` and the subject.
    """

    def register(function: JobFunction) -> JobFunction:
        if FUNCTIONS.setdefault(name, function) is not function:
            raise ScheduleBroken(f"two functions for the job {name}")
        return function

    return register


@dataclass(frozen=True)
class ScheduledJob:
    """定时任务 — a row of the schedule with its function."""

    name: str
    label: str
    cron: str
    trigger: CronTrigger
    misfire: Misfire
    grace: timedelta
    lease: timedelta
    run: JobFunction
    what: str = ""
    by_hand: bool = False  # whether staff may run it at any moment
    is_off: bool = False  # staff switched it off
    since: datetime | None = None  # when staff set it so; nothing due before is made up for

    def next_after(self, moment: datetime) -> datetime:
        due = self.trigger.get_next_fire_time(None, moment + timedelta(microseconds=1))
        if due is None:
            raise ScheduleBroken(f"{self.name}: {self.cron} never comes")
        return due.astimezone(UTC)

    def firings(self, after: datetime, until: datetime) -> list[datetime]:
        """What is to run of the due times after `after` and up to `until`, oldest first."""
        if self.is_off:
            return []
        due = list(self._due(max(after, until - self.grace, self.since or after), until))
        return due[-1:] if self.misfire is Misfire.ONCE else due

    def is_stale(self, due_at: datetime, now: datetime) -> bool:
        """Whether a firing that did not end well is no longer worth running."""
        superseded = self.misfire is Misfire.ONCE and self.next_after(due_at) <= now
        return superseded or now - due_at > self.grace

    def _due(self, after: datetime, until: datetime) -> Iterator[datetime]:
        moment = self.next_after(after)
        while moment <= until:
            yield moment
            moment = self.next_after(moment)


Schedule = Mapping[str, ScheduledJob]


def load_schedule() -> Schedule:
    """Every job of `config/schedule.toml` with its function, or ScheduleBroken."""
    import_modules()
    return read_schedule(load("schedule"), FUNCTIONS)


def import_modules() -> None:
    for name in MODULES:
        import_module(name)


def read_schedule(
    document: Mapping[str, Any], functions: Mapping[str, JobFunction]
) -> dict[str, ScheduledJob]:
    rows: Mapping[str, Mapping[str, Any]] = document["job"]
    if missing := rows.keys() - functions.keys():
        raise ScheduleBroken(f"no function for the job {min(missing)}")
    if unscheduled := functions.keys() - rows.keys():
        raise ScheduleBroken(f"no row in the schedule for the job {min(unscheduled)}")
    return {
        name: _scheduled(name, {**document["default"], **row}, document["zone"], functions[name])
        for name, row in rows.items()
    }


def _scheduled(name: str, row: Mapping[str, Any], zone: str, function: JobFunction) -> ScheduledJob:
    try:
        if WEEKDAYS & set(row["cron"].split()[-1]):
            raise ValueError("weekdays go by name")
        return ScheduledJob(
            name=name,
            label=row["label"],
            cron=row["cron"],
            trigger=CronTrigger.from_crontab(row["cron"], timezone=zone),
            misfire=Misfire(row["misfire"]),
            grace=timedelta(hours=row["grace_hours"]),
            lease=timedelta(minutes=row["lease_minutes"]),
            run=function,
            what=row.get("what", ""),
            by_hand=row.get("by_hand", False),
        )
    except (KeyError, ValueError) as failure:
        raise ScheduleBroken(f"{name}: {failure}") from failure
