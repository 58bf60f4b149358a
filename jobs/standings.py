"""How each scheduled job stands, for the console; and running one that staff asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from jobs.clock import run_due_job
from jobs.queue import task
from jobs.schedule import ScheduledJob
from jobs.timetable import timetable
from models import job_lists
from models.base import Database
from models.errors import AlreadyDone, NotAllowed, NotFound
from models.job_runs import FIRST_SEEN, JobRun, RunState

PATIENCE = timedelta(minutes=5)  # until a firing that nobody has begun is overdue
LOOKED_BACK = timedelta(days=7)


class Health(StrEnum):
    """任务状况 — how a job stands."""

    FINE = "fine"
    RUNNING = "running"
    WAITING = "waiting"  # seen, and not yet due since
    RETRYING = "retrying"  # failed, and will be tried again
    FAILED = "failed"
    STUCK = "stuck"  # its process died and nobody has taken it over
    OVERDUE = "overdue"  # was due, and no clock has fired it
    OFF = "off"  # switched off by staff


TROUBLE = (Health.FAILED, Health.STUCK, Health.OVERDUE)


@dataclass(frozen=True, slots=True)
class Standing:
    """任务概况 — a job with its latest firing, what it owes and when it is due next."""

    job: ScheduledJob
    health: Health
    last: JobRun | None
    missed: datetime | None  # the due time that nobody has fired
    next_due: datetime
    failures: int

    @property
    def late_seconds(self) -> int:
        """How long after its due time the latest firing began."""
        if self.last is None:
            return 0
        return max(0, int((self.last.started_at - self.last.due_at).total_seconds()))


def standings(session: Session, now: datetime) -> list[Standing]:
    schedule = timetable(session)
    latest = job_lists.latest(session, list(schedule))
    failed = job_lists.failures(session, list(schedule), now - LOOKED_BACK)
    return [
        _standing(one, latest.get(one.name), failed.get(one.name, 0), now)
        for one in schedule.values()
    ]


def in_trouble(session: Session, now: datetime) -> int:
    """How many jobs failed, hang, or were not fired when they were due."""
    schedule = timetable(session)
    latest = job_lists.latest(session, list(schedule))
    found = (_standing(one, latest.get(one.name), 0, now) for one in schedule.values())
    return sum(one.health in TROUBLE for one in found)


def find(session: Session, name: str) -> ScheduledJob:
    found = timetable(session).get(name)
    if found is None:
        raise NotFound(number=name)
    return found


def may_repeat(job: ScheduledJob, run: JobRun | None, now: datetime) -> bool:
    """A firing that failed for good, as long as it is worth running; each is so made that it
    bears repeating."""
    is_over = run is not None and run.state is RunState.FAILED and run.lease_until is None
    return is_over and run is not None and not job.is_stale(run.due_at, now)


def run_now(session: Session, name: str, *, by: int, at: datetime) -> None:
    """Raises NotAllowed also for a job that only its hour makes right."""
    if not find(session, name).by_hand:
        raise NotAllowed(number=name)
    job_lists.ask(session, name, at, by=by, at=at)


def repeat(session: Session, name: str, *, by: int, at: datetime) -> None:
    """The latest firing of the schedule, if it failed for good; AlreadyDone else."""
    job = find(session, name)
    last = job_lists.latest(session, [name]).get(name)
    if last is None or not may_repeat(job, last, at):
        raise AlreadyDone(name)
    job_lists.ask(session, name, last.due_at, by=by, at=at)


@task(job_lists.TASK)
def run_asked(database: Database, now: datetime, job: str, at: str) -> None:
    try:
        run_due_job(database, job, datetime.fromisoformat(at), now)
    except AlreadyDone:
        return  # the clock was quicker, or the worker died after it had run


def _standing(job: ScheduledJob, last: JobRun | None, failures: int, now: datetime) -> Standing:
    is_new = last is not None and last.due_at == FIRST_SEEN
    run = None if is_new else last
    since = last and (last.started_at if is_new else last.due_at)
    if since and job.since:
        since = max(since, job.since)
    missed = job.next_after(since) if since and not job.is_off else None
    if missed is not None and missed > now - PATIENCE:
        missed = None
    health = Health.OFF if job.is_off else _health(last, run, missed, now)
    return Standing(job, health, run, missed, job.next_after(now), failures)


def _health(
    last: JobRun | None, run: JobRun | None, missed: datetime | None, now: datetime
) -> Health:
    lease = run.lease_until if run else None
    if run and run.state is RunState.RUNNING:
        return Health.STUCK if lease and lease < now - PATIENCE else Health.RUNNING
    if last is None or missed:
        return Health.OVERDUE
    if run is None:
        return Health.WAITING
    if run.state is RunState.FAILED:
        return Health.RETRYING if lease else Health.FAILED
    return Health.FINE
