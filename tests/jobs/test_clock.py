"""The clock: each due time once over threads, processes, crashes and downtime."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier, Event, Thread
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from jobs.clock import Clock, Firing, run_clock, run_due_job
from jobs.schedule import JobFunction, Schedule, load_schedule, read_schedule
from jobs.upkeep import sweep
from models import registry
from models.base import Database
from models.errors import AlreadyDone, NotFound
from models.job_runs import FIRST_SEEN, MOST_ATTEMPTS, RETRY_AFTER, JobRun, RunState

registry.load_tables()  # the shipped jobs read more of them than the clock does

SHANGHAI = ZoneInfo("Asia/Shanghai")
SEVEN = datetime(2026, 11, 17, 7, 0, tzinfo=SHANGHAI)
MINUTE = timedelta(minutes=1)
LEASE = timedelta(minutes=5)

Log = list[tuple[str, datetime]]


def plan(functions: dict[str, JobFunction], lease: timedelta = LEASE, **crons: str) -> Schedule:
    rows = {
        name: {"label": name, "cron": cron, "misfire": "each" if "each" in name else "once"}
        for name, cron in crons.items()
    }
    default = {"grace_hours": 48, "lease_minutes": lease / MINUTE}
    return read_schedule({"zone": "Asia/Shanghai", "default": default, "job": rows}, functions)


def noting(log: Log, name: str) -> JobFunction:
    def note(database: Database, now: datetime) -> str | None:
        log.append((name, now))
        return "noted"

    return note


def failing(database: Database, now: datetime) -> str | None:
    raise TimeoutError("居民A 说的话")


def digest_clock(store: Database, log: Log) -> Clock:
    return Clock(store, plan({"digest": noting(log, "digest")}, digest="0 8 * * *"))


def runs(store: Database) -> list[JobRun]:
    with store.reading() as session:
        rows = select(JobRun).where(JobRun.due_at > FIRST_SEEN).order_by(JobRun.due_at)
        return list(session.scalars(rows))


def test_the_first_start_fires_no_history(store: Database) -> None:
    log: Log = []
    clock = digest_clock(store, log)
    assert clock.tick(SEVEN + timedelta(hours=3)) == []
    assert clock.tick(SEVEN + timedelta(hours=24, minutes=59)) == []
    assert log == []


def test_a_job_fires_at_its_time_once_and_is_told_that_time(store: Database) -> None:
    log: Log = []
    clock = digest_clock(store, log)
    clock.tick(SEVEN)
    eight = SEVEN + timedelta(hours=1)
    fired = clock.tick(eight + timedelta(seconds=0.7))
    assert fired == [Firing("digest", eight, RunState.DONE, "noted")]
    assert all(clock.tick(eight + timedelta(seconds=seconds)) == [] for seconds in (1, 2, 3600))
    assert log == [("digest", eight)]


def test_a_clock_that_starts_anew_goes_on_where_the_last_one_stopped(store: Database) -> None:
    log: Log = []
    digest_clock(store, log).tick(SEVEN)
    eight = SEVEN + timedelta(hours=1)
    digest_clock(store, log).tick(eight)
    digest_clock(store, log).tick(eight + timedelta(hours=2))
    assert log == [("digest", eight)]


def test_a_clock_that_was_ahead_and_is_set_right_goes_on_with_what_is_due(store: Database) -> None:
    log: Log = []
    eight, day = SEVEN + timedelta(hours=1), timedelta(days=1)
    clock = digest_clock(store, log)
    for moment in (SEVEN, eight + day, SEVEN + MINUTE, eight, eight + MINUTE):
        clock.tick(moment)
    digest_clock(store, log).tick(eight + 2 * MINUTE)  # and so does one that starts anew
    assert log == [("digest", eight + day), ("digest", eight)]
    clock.tick(eight + day)
    assert len(log) == 2


def test_a_clock_that_was_ahead_when_it_first_started_is_not_waited_for(store: Database) -> None:
    log: Log = []
    clock = digest_clock(store, log)
    for moment in (SEVEN + timedelta(days=9), SEVEN, SEVEN + timedelta(hours=1)):
        clock.tick(moment)
    assert log == [("digest", SEVEN + timedelta(hours=1))]


def test_three_days_of_downtime_give_one_digest(store: Database) -> None:
    log: Log = []
    digest_clock(store, log).tick(SEVEN)
    back = digest_clock(store, log)
    back.tick(SEVEN + timedelta(days=3, hours=2))
    back.tick(SEVEN + timedelta(days=3, hours=2, seconds=1))
    assert log == [("digest", SEVEN + timedelta(days=3, hours=1))]


def test_each_missed_firing_runs_where_the_schedule_says_so(store: Database) -> None:
    log: Log = []
    hourly = plan({"each_hour": noting(log, "each_hour")}, each_hour="0 * * * *")
    Clock(store, hourly).tick(SEVEN)
    Clock(store, hourly).tick(SEVEN + timedelta(hours=4, minutes=5))
    assert [due for _, due in log] == [SEVEN + timedelta(hours=n) for n in range(1, 5)]


def test_two_clocks_that_first_start_around_a_due_time_lose_nothing(store: Database) -> None:
    log: Log = []
    eight = SEVEN + timedelta(hours=1)
    early, late = digest_clock(store, log), digest_clock(store, log)
    early.tick(eight - timedelta(milliseconds=100))
    late.tick(eight + timedelta(milliseconds=100))
    early.tick(eight + timedelta(milliseconds=900))
    assert log == [("digest", eight)]


def test_three_clocks_at_once_fire_each_due_time_once(store: Database) -> None:
    log: Log = []
    schedule = plan(
        {name: noting(log, name) for name in ("each_minute", "digest")},
        each_minute="* * * * *",
        digest="0 8 * * *",
    )
    ready = Barrier(3)

    def tick_along(_: int) -> None:
        clock = Clock(store, schedule)
        for step in range(0, 70, 10):
            ready.wait(timeout=30)
            clock.tick(SEVEN + step * MINUTE)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(tick_along, range(3)))
    assert sorted(due for name, due in log if name == "each_minute") == [
        SEVEN + n * MINUTE for n in range(1, 61)
    ]
    assert [due for name, due in log if name == "digest"] == [SEVEN + 60 * MINUTE]


def test_a_slow_job_does_not_hold_up_the_others(store: Database) -> None:
    log: Log = []
    begun, may_end = Event(), Event()

    def slow(database: Database, now: datetime) -> str | None:
        begun.set()
        assert may_end.wait(30)
        return None

    schedule = plan(
        {"slow": slow, "quick": noting(log, "quick")}, slow="0 8 * * *", quick="* * * * *"
    )
    clock = Clock(store, schedule)
    clock.tick(SEVEN)
    eight = SEVEN + timedelta(hours=1)
    stuck = Thread(target=clock.tick, args=(eight,))
    stuck.start()
    assert begun.wait(30)
    clock.tick(eight + timedelta(seconds=1))
    assert log == [("quick", eight)]
    may_end.set()
    stuck.join(30)
    assert [run.state for run in runs(store)] == [RunState.DONE] * 2


def test_a_failing_job_stops_no_other_and_its_words_are_not_kept(store: Database) -> None:
    log: Log = []
    schedule = plan(
        {"broken": failing, "digest": noting(log, "digest")},
        broken="0 8 * * *",
        digest="0 8 * * *",
    )
    clock = Clock(store, schedule)
    clock.tick(SEVEN)
    fired = clock.tick(SEVEN + timedelta(hours=1))
    assert [(one.job, one.state, one.detail) for one in fired] == [
        ("broken", RunState.FAILED, "TimeoutError"),
        ("digest", RunState.DONE, "noted"),
    ]


def test_a_failed_digest_is_tried_again_and_then_left(store: Database) -> None:
    clock = Clock(store, plan({"digest": failing}, digest="0 8 * * *"))
    clock.tick(SEVEN)
    now = SEVEN + timedelta(hours=1)
    tries = len(clock.tick(now))
    for _ in range(3 * MOST_ATTEMPTS):
        now += RETRY_AFTER + timedelta(seconds=30)
        tries += len(clock.tick(now))
    assert tries == MOST_ATTEMPTS
    (run,) = runs(store)
    assert (run.state, run.attempts, run.lease_until) == (RunState.FAILED, MOST_ATTEMPTS, None)


def test_a_failed_scan_of_the_minute_makes_way_for_the_next(store: Database) -> None:
    clock = Clock(store, plan({"scan": failing}, scan="* * * * *"))
    for step in range(5):
        clock.tick(SEVEN + step * MINUTE)
    first = runs(store)[0]
    assert (first.state, first.attempts, first.detail) == (RunState.FAILED, 1, "superseded")


def test_a_run_of_a_job_that_is_no_more_is_closed(store: Database) -> None:
    with store.writing() as session:
        session.add(
            JobRun(
                job="gone",
                due_at=SEVEN,
                state=RunState.RUNNING,
                is_manual=False,
                lease_token="a",
                lease_until=SEVEN,
                attempts=1,
                started_at=SEVEN,
            )
        )
    assert digest_clock(store, []).tick(SEVEN + MINUTE) == []
    assert [run.detail for run in runs(store)] == ["unknown_job"]


def note_in(path: Path, database: Database, now: datetime) -> str | None:
    with path.open("a") as file:
        file.write(f"{now.isoformat()}\n")
    return None


def note_and_hang(path: Path, database: Database, now: datetime) -> str | None:
    note_in(path, database, now)
    time.sleep(60)
    return None


def tick_in_process(
    address: str, path: Path, function: Callable[..., str | None], steps: int, lease: timedelta
) -> None:
    """What a clock process of its own does: ticks through the minutes."""
    store = Database(address, synchronous="NORMAL")
    functions = {"each_minute": partial(function, path)}
    clock = Clock(store, plan(functions, lease, each_minute="* * * * *"))
    for step in range(steps):
        clock.tick(SEVEN + step * MINUTE)
    store.dispose()


def start_clock(
    store: Database,
    path: Path,
    function: Callable[..., str | None],
    steps: int,
    lease: timedelta = LEASE,
) -> multiprocessing.Process:
    address = store.url.render_as_string(hide_password=False)
    process = multiprocessing.get_context("spawn").Process(
        target=tick_in_process, args=(address, path, function, steps, lease)
    )
    process.start()
    return process


def test_three_clock_processes_fire_each_minute_once(store: Database, tmp_path: Path) -> None:
    path = tmp_path / "fired"
    Clock(store, plan({"each_minute": failing}, each_minute="* * * * *")).tick(SEVEN)
    # Their minutes run apart: one may be at the fortieth while another is at the tenth.
    lease = timedelta(days=1)
    processes = [start_clock(store, path, note_in, 40, lease) for _ in range(3)]
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    fired = [datetime.fromisoformat(line) for line in path.read_text().split()]
    assert sorted(fired) == [SEVEN + n * MINUTE for n in range(1, 40)]


def test_what_a_killed_clock_had_begun_runs_again_after_its_lease(
    store: Database, tmp_path: Path
) -> None:
    path = tmp_path / "fired"
    schedule = plan({"each_minute": partial(note_in, path)}, each_minute="* * * * *")
    clock = Clock(store, schedule)
    clock.tick(SEVEN)
    victim = start_clock(store, path, note_and_hang, 2)
    deadline = time.monotonic() + 30
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    victim.join(30)
    due = (SEVEN + MINUTE).astimezone(UTC)
    assert path.read_text().split() == [due.isoformat()]
    assert [run.state for run in runs(store)] == [RunState.RUNNING]

    before = clock.tick(SEVEN + MINUTE + LEASE - timedelta(seconds=1))
    assert due not in [one.due_at for one in before]
    after = clock.tick(SEVEN + MINUTE + LEASE)
    assert Firing("each_minute", due, RunState.DONE, None) in after
    assert path.read_text().split().count(due.isoformat()) == 2
    assert {run.state for run in runs(store)} == {RunState.DONE}


def test_a_job_run_by_hand_leaves_the_schedule_alone(database: Database) -> None:
    assert load_schedule()["sweep"].run is sweep
    tomorrow = SEVEN + timedelta(days=1)
    firing = run_due_job(database, "sweep", tomorrow, SEVEN)
    assert (firing.due_at, firing.state) == (tomorrow, RunState.DONE)
    log: Log = []
    clock = Clock(database, plan({"sweep": noting(log, "sweep")}, sweep="* * * * *"))
    clock.tick(SEVEN)
    clock.tick(SEVEN + MINUTE)
    assert log == [("sweep", SEVEN + MINUTE)]


def test_a_job_runs_by_hand_once_for_each_moment(database: Database) -> None:
    run_due_job(database, "sweep", SEVEN, SEVEN)
    with pytest.raises(AlreadyDone):
        run_due_job(database, "sweep", SEVEN, SEVEN + MINUTE)
    run_due_job(database, "sweep", SEVEN + MINUTE, SEVEN + MINUTE)


def test_a_name_the_schedule_does_not_have_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        run_due_job(database, "swep", SEVEN, SEVEN)


def test_the_clock_process_fires_all_that_is_due_each_minute_until_it_is_stopped(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    stop, minute = Event(), 0
    every_minute = {name for name, row in load_schedule().items() if row.cron == "* * * * *"}
    clock = Thread(target=run_clock, args=(database, stop, lambda: SEVEN + minute * MINUTE))
    clock.start()
    wait_until(lambda: met(database) == load_schedule().keys())
    for minute in range(1, 4):
        wait_until(partial(has_fired, database, minute * len(every_minute)))
    stop.set()
    clock.join(20)
    assert not clock.is_alive()
    assert {(run.job, run.due_at) for run in runs(database)} == {
        (name, SEVEN + n * MINUTE) for name in every_minute for n in range(1, 4)
    }
    assert {run.state for run in runs(database)} == {RunState.DONE}
    assert [one for one in caplog.records if one.levelname == "ERROR"] == []


def wait_until(is_time: Callable[[], bool], seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while not is_time():
        assert time.monotonic() < ends, f"not within {seconds} s"
        time.sleep(0.05)


def has_fired(database: Database, times: int) -> bool:
    found = [run for run in runs(database) if run.state is RunState.DONE]
    return len(found) == times


def met(database: Database) -> set[str]:
    """The jobs a clock has seen, whether or not they were due."""
    with database.reading() as session:
        return set(session.scalars(select(JobRun.job).where(JobRun.due_at == FIRST_SEEN)))
