"""The clock: APScheduler ticks, the schedule says when, the database decides whether."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from jobs.schedule import Schedule, ScheduledJob, load_schedule
from jobs.timetable import timetable
from models import job_runs, tracing
from models.base import Database
from models.errors import AlreadyDone, NotFound, StoreBusy
from models.job_runs import ClaimedRun, LapsedRun, RunState

TICK_SECONDS = 1
SET_BACK = timedelta(seconds=TICK_SECONDS)  # less is two ticks at once
THREADS = 4  # so that a long digest does not hold up the reminders of the minute

Ahead = tuple[ScheduledJob, datetime | None]
Reader = Callable[[Session], Schedule]
Claim = Callable[[Session, str, datetime, datetime, timedelta], ClaimedRun | None]

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Firing:
    """触发 — one run of a job by this process, and how it went."""

    job: str
    due_at: datetime
    state: RunState
    detail: str | None


class Clock:
    """时钟 — fires what is due. Any number of clocks on one database fire each due time once."""

    def __init__(self, database: Database, schedule: Schedule, read: Reader | None = None) -> None:
        """`read` is asked with every tick whether the schedule is another one by now."""
        self._database = database
        self._schedule = schedule
        self._read = read or (lambda _: schedule)
        self._next: dict[str, datetime] = {}  # spares the database the seconds with nothing due
        self._looked: datetime | None = None

    def tick(self, now: datetime) -> list[Firing]:
        """Runs all that is due by `now` and that no other clock has. Never raises for one job."""
        fired: list[Firing] = []
        due, lapsed = self._look(now)
        for scheduled, since in due:
            try:
                if since is None or since > now:
                    since = self._meet(scheduled.name, now)
                fired += self._fire_due(scheduled, since, now)
                self._next[scheduled.name] = scheduled.next_after(now)
            except StoreBusy:
                log.warning("job_waits_for_store", job=scheduled.name)
        return fired + list(self._take_over(lapsed, now))

    def _look(self, now: datetime) -> tuple[list[Ahead], list[LapsedRun]]:
        """Jobs that may be due with when each last was, and the runs that lapsed: in one look."""
        with self._database.reading() as session:
            self._follow(session, now)
            jobs = self._schedule.values()
            ahead = [one for one in jobs if now >= self._next.get(one.name, now)]
            due = [(one, job_runs.last_due(session, one.name, now)) for one in ahead]
            return due, job_runs.lapsed(session, now)

    def _follow(self, session: Session, now: datetime) -> None:
        """Another schedule, or a machine's clock that was set back: what comes next is new."""
        fresh = self._read(session)
        if fresh is not self._schedule or (self._looked and now < self._looked - SET_BACK):
            self._next = {}
        self._schedule, self._looked = fresh, now

    def _fire_due(
        self, scheduled: ScheduledJob, since: datetime, now: datetime
    ) -> Iterator[Firing]:
        for due_at in scheduled.firings(since, now):
            if firing := fire(self._database, scheduled, due_at, now):
                yield firing

    def _meet(self, name: str, now: datetime) -> datetime:
        with self._database.writing() as session:
            job_runs.meet(session, self._schedule, now)
            return job_runs.last_due(session, name) or now

    def _take_over(self, lapsed: list[LapsedRun], now: datetime) -> Iterator[Firing]:
        for run in lapsed:
            scheduled = self._schedule.get(run.job)
            reason = _reason_to_give_up(run, scheduled, now)
            if reason or scheduled is None:
                with self._database.writing() as session:
                    job_runs.give_up(session, run, now, reason or "unknown_job")
            elif firing := fire(self._database, scheduled, run.due_at, now):
                yield firing


def fire(
    database: Database,
    scheduled: ScheduledJob,
    due_at: datetime,
    now: datetime,
    claim: Claim = job_runs.claim,
) -> Firing | None:
    """Runs one firing as of its due time; None when it is done or another process has it."""
    with database.writing() as session:
        run = claim(session, scheduled.name, due_at, now, scheduled.lease)
    if run is None:
        return None
    with tracing.Afresh(), bound_contextvars(job=run.job, run_id=run.id):
        return _fire_traced(database, scheduled, run, now)


def _fire_traced(
    database: Database, scheduled: ScheduledJob, run: ClaimedRun, now: datetime
) -> Firing:
    begun = time.monotonic()
    try:
        detail, state = scheduled.run(database, run.due_at), RunState.DONE
    except Exception as failure:
        # One failing job must not stop the others; its words may hold what residents wrote.
        detail, state = type(failure).__name__, RunState.FAILED
        log.debug("job_failed_because", exc_info=True)
    seconds = time.monotonic() - begun
    _record(database, run, state, detail, now + timedelta(seconds=seconds))
    note = log.info if state is RunState.DONE else log.error
    note("job_" + state, due_at=run.due_at.isoformat(), detail=detail, seconds=seconds)
    return Firing(run.job, run.due_at, state, detail)


def run_due_job(database: Database, name: str, at: datetime, now: datetime) -> Firing:
    """Runs a job by hand as if it were `at`; the schedule goes on as if nothing had happened.

    Raises NotFound for a name the schedule does not have and AlreadyDone for a moment it ran at.
    """
    scheduled = load_schedule().get(name)
    if scheduled is None:
        raise NotFound(f"no job is named {name}")
    firing = fire(database, scheduled, at, now, job_runs.claim_by_hand)
    if firing is None:
        raise AlreadyDone(f"{name} has run for {at.isoformat()}")
    return firing


def run_clock(
    database: Database, stop: Event, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Ticks each second until `stop`; a run under way is finished first."""
    clock = Clock(database, load_schedule(), timetable)

    def tick() -> None:
        try:
            clock.tick(now())
        except Exception as failure:
            # The store is away: the next tick finds the same work still due.
            log.error("tick_failed", error=type(failure).__name__)

    scheduler = BackgroundScheduler(
        timezone=UTC, executors={"default": ThreadPoolExecutor(THREADS)}
    )
    scheduler.add_job(
        tick,
        "interval",
        seconds=TICK_SECONDS,
        max_instances=THREADS,
        coalesce=True,
        misfire_grace_time=None,
        next_run_time=datetime.now(UTC),
    )
    scheduler.start()
    log.info("clock_started")
    while not stop.is_set():
        stop.wait(TICK_SECONDS)  # a signal that comes just before a wait is only heard at its end
    scheduler.pause()  # or it would go on submitting to threads that take no more
    scheduler.shutdown(wait=True)


def _reason_to_give_up(run: LapsedRun, scheduled: ScheduledJob | None, now: datetime) -> str | None:
    if scheduled is None:
        return "unknown_job"
    if run.attempts >= job_runs.MOST_ATTEMPTS:
        return "too_many_attempts"
    return "superseded" if scheduled.is_stale(run.due_at, now) else None


def _record(
    database: Database, run: ClaimedRun, state: RunState, detail: str | None, at: datetime
) -> None:
    with database.writing() as session:
        if state is RunState.DONE:
            job_runs.finish(session, run, at, detail)
        else:
            job_runs.fail(session, run, at, detail or "")
