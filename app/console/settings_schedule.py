"""The times of the scheduled jobs 定时任务的时间: set within what each job bears."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from app.console.desk import Desk
from app.console.editable import Body, Draft, Fault, Setting, Subject, Unfit, body_in_force, offer
from config.policy import load
from jobs import rhythms
from jobs.rhythms import Rhythm, RhythmUnfit
from jobs.schedule import ScheduledJob, load_schedule
from jobs.timetable import POLICY, Rows, timed
from models import work_calendars
from models.errors import NotFound
from models.localtime import local
from models.places import root_area_id

RUNS_SHOWN = 5
OFF = "off"


class Times(Setting):
    """定时任务的时间 — when each job runs, and which ones do not."""

    def __init__(self) -> None:
        self.rules: Mapping[str, Any] = load("editing")[POLICY]
        super().__init__(POLICY, self.rules["label"])
        self.jobs = {
            name: one for name, one in load_schedule().items() if name not in self.rules["fixed"]
        }

    def draft_of(self, body: Body) -> Draft:
        rows: Rows = body.get("jobs", {})
        draft = {}
        for name, one in self.jobs.items():
            row = rows.get(name, {})
            fields = Rhythm.read(row.get("cron", one.cron)).fields()
            draft |= {f"{name}.{field}": value for field, value in fields.items()}
            draft[f"{name}.state"] = OFF if row.get("is_off") else ""
        return draft

    def body_in(self, session: Session, draft: Draft) -> Body:
        jobs: dict[str, dict[str, Any]] = {}
        faults = []
        for name, one in self.jobs.items():
            try:
                cron = self._typed(one, draft).cron
            except RhythmUnfit as unfit:
                faults.append(Fault(unfit.field, {"job": one.label, "typed": unfit.typed}))
                continue
            row: dict[str, Any] = {} if cron == one.cron else {"cron": cron}
            if draft.get(f"{name}.state") == OFF:
                row["is_off"] = True
                if name not in self.rules["may_stop"]:
                    faults.append(Fault("needed", {"job": one.label}))
            if row:
                jobs[name] = row
        faults = faults or list(self._out_of_order(jobs))
        if faults:
            raise Unfit(faults)
        return {"jobs": jobs} if jobs else {}

    def lines(self, body: Body) -> list[str]:
        rows: Rows = body.get("jobs", {})
        return [
            f"{one.label}：{self._told(Rhythm.read(rows.get(name, {}).get('cron', one.cron)))}"
            if not rows.get(name, {}).get("is_off")
            else f"{one.label}：{self.rules['stopped']}"
            for name, one in self.jobs.items()
        ]

    def choices(self) -> Mapping[str, Any]:
        return {
            "jobs": self.jobs.values(),
            "may_stop": self.rules["may_stop"],
            "minutes": rhythms.MINUTES,
            "last_day": rhythms.LAST_DAY,
            "weekdays": self.rules["weekdays"],
            "fixed": [load_schedule()[name].label for name in self.rules["fixed"]],
        }

    def outlook(self, session: Session, body: Body, now: datetime) -> Mapping[str, Any]:
        """The next runs of each job that would run at another time."""
        rows: Rows = body.get("jobs", {})
        _, before = body_in_force(session, self)
        old: Rows = before.get("jobs", {})
        root = root_area_id(session)
        calendar = work_calendars.terms_at(session, root).calendar
        coming = [
            (job, [(at, calendar.is_workday(local(at).date())) for at in _next(job, now)])
            for name, job in timed(rows).items()
            if rows.get(name, {}) != old.get(name, {})
        ]
        return {"coming": coming} if coming else {}

    def _typed(self, job: ScheduledJob, draft: Draft) -> Rhythm:
        rhythm = Rhythm.read(job.cron)
        return rhythm.typed({one: draft.get(f"{job.name}.{one}", "") for one in rhythm.fields()})

    def _out_of_order(self, rows: Rows) -> Iterator[Fault]:
        """Of two of which the second tells what the first has counted, on one day."""
        jobs = timed(rows)
        for first, second in self.rules["in_order"]:
            times = [Rhythm.read(jobs[name].cron).time for name in (first, second)]
            if times[0] >= times[1]:
                labels = {"job": jobs[second].label, "first": jobs[first].label}
                yield Fault("order", {**labels, "time": times[0]})

    def _told(self, rhythm: Rhythm) -> str:
        words: str = self.rules["rhythms"][rhythm.kind]
        weekday = self.rules["weekdays"].get(rhythm.weekday, "")
        return words.format(
            minutes=rhythm.minutes,
            minute=rhythm.minute,
            time=rhythm.time,
            day=rhythm.day,
            month=rhythm.months,
            weekday=weekday,
        )


def _next(job: ScheduledJob, now: datetime) -> list[datetime]:
    return [] if job.is_off else list(islice(_runs(job, now), RUNS_SHOWN))


def _runs(job: ScheduledJob, after: datetime) -> Iterator[datetime]:
    while True:
        after = job.next_after(after)
        yield after


def _times(desk: Desk, session: Session, item: str, area_id: int | None) -> Times:
    if item:
        raise NotFound(item)
    return Times()


offer(Subject(POLICY, _times))
