"""The timetable in force: the schedule of the file, with the times that staff set over it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from sqlalchemy.orm import Session

from config.policy import load
from jobs.schedule import FUNCTIONS, Schedule, ScheduleBroken, load_schedule, read_schedule
from models import policies
from models.policies import Policy
from models.reference import looked_up

POLICY = "schedule"

log = structlog.get_logger(__name__)

Rows = Mapping[str, Mapping[str, Any]]
"""Job → what staff set of it: `cron`, and `is_off` where it is not to run."""


def timetable(session: Session) -> Schedule:
    """Every job as it is due now; the same object as long as nothing was changed."""
    return looked_up(session, POLICY, partial(_read, session))


def timed(rows: Rows) -> Schedule:
    """The schedule with these times. Raises ScheduleBroken."""
    document = load("schedule")
    jobs = {
        name: {**row, **{key: value for key, value in rows.get(name, {}).items() if key == "cron"}}
        for name, row in document["job"].items()
    }
    found = read_schedule({**document, "job": jobs}, FUNCTIONS)
    return {
        name: replace(one, is_off=bool(rows.get(name, {}).get("is_off")))
        for name, one in found.items()
    }


def _read(session: Session) -> Schedule:
    shipped = load_schedule()
    history = policies.history(session, POLICY)
    if not history:
        return shipped
    try:
        found = timed(history[0].body.get("jobs", {}))
    except ScheduleBroken as broken:
        log.error("timetable_refused", problem=str(broken))
        return shipped
    return {name: replace(one, since=_since(history, name)) for name, one in found.items()}


def _since(history: Sequence[Policy], job: str) -> datetime | None:
    """When its row became what it is: nothing is made up for at times that did not count then."""
    rows = [one.body.get("jobs", {}).get(job) for one in history]
    oldest = next((n for n, row in enumerate(rows) if row != rows[0]), None)
    if oldest is None:  # it has been so since the first version, or always
        return history[-1].at if rows[0] else None
    return history[oldest - 1].at
