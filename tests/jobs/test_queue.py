"""The queue: tasks reach their functions, failures stop nothing, crashes lose nothing."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import select

from jobs.queue import LEASE, LOOPS, TASKS, Queue, loop, task
from jobs.schedule import import_modules
from jobs.upkeep import sweep
from jobs.worker import run_until_idle, run_worker
from models import tasks
from models.base import Database
from models.errors import NotFound, StoreBusy
from models.tasks import BACKOFF, Task, TaskState

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product's kinds stay out of these tests, and theirs out of the product."""
    import_modules()
    for registry in (TASKS, LOOPS):
        for name in list(registry):
            monkeypatch.delitem(registry, name)


@pytest.fixture
def done(own_kinds: None) -> Iterator[list[int]]:
    """The numbers that tasks of the kind `number` have been run with."""
    numbers: list[int] = []

    def note(database: Database, now: datetime, number: int) -> None:
        numbers.append(number)

    task("number")(note)
    yield numbers
    TASKS.pop("number")


def ask(store: Database, number: int, kind: str = "number", due_at: datetime = NOON) -> int:
    with store.writing() as session:
        task_id = tasks.ask(session, kind, {"number": number}, due_at, f"{kind}-{number}", NOON)
    assert task_id is not None
    return task_id


def states(store: Database) -> dict[str, tuple[TaskState, str | None]]:
    with store.reading() as session:
        rows = session.execute(select(Task.unique_key, Task.state, Task.last_error))
        return {key: (state, error) for key, state, error in rows}


def at_noon() -> datetime:
    return NOON


def test_due_tasks_reach_their_function_and_later_ones_wait(
    store: Database, done: list[int]
) -> None:
    for number, minutes in ((1, 0), (2, -5), (3, 5)):
        ask(store, number, due_at=NOON + timedelta(minutes=minutes))
    assert run_until_idle(store, at_noon) == 2
    assert sorted(done) == [1, 2]
    assert run_until_idle(store, lambda: NOON + timedelta(minutes=5)) == 1
    assert sorted(done) == [1, 2, 3]


def test_one_failing_task_stops_no_other_and_its_words_are_not_kept(
    store: Database, done: list[int]
) -> None:
    def fail(database: Database, now: datetime, number: int) -> None:
        raise TimeoutError("居民A 说的话")

    task("bad")(fail)
    ask(store, 1, "bad", NOON - timedelta(minutes=1))
    ask(store, 2)
    assert run_until_idle(store, at_noon) == 2
    assert done == [2]
    assert states(store) == {
        "bad-1": (TaskState.DUE, "TimeoutError"),
        "number-2": (TaskState.DONE, None),
    }
    assert run_until_idle(store, lambda: NOON + BACKOFF[0]) == 1
    TASKS.pop("bad")


@pytest.mark.parametrize(
    ("failure", "state"),
    [(NotFound("photo"), TaskState.FAILED), (StoreBusy("locked"), TaskState.DUE)],
)
def test_what_the_domain_refuses_is_not_tried_again_but_a_busy_store_is(
    database: Database, failure: Exception, state: TaskState
) -> None:
    def refuse(database: Database, now: datetime, number: int) -> None:
        raise failure

    task("refused")(refuse)
    ask(database, 1, "refused")
    run_until_idle(database, at_noon)
    assert states(database) == {"refused-1": (state, type(failure).__name__)}
    TASKS.pop("refused")


def test_working_until_idle_does_what_the_work_asks_for(store: Database, done: list[int]) -> None:
    def fan_out(database: Database, now: datetime, number: int) -> None:
        for child in range(number):
            ask(database, child)

    task("fan_out")(fan_out)
    ask(store, 12, "fan_out")
    assert run_until_idle(store, at_noon) == 13
    assert sorted(done) == list(range(12))
    TASKS.pop("fan_out")


def test_a_task_is_run_by_its_id_only_once(store: Database, done: list[int]) -> None:
    task_id = ask(store, 1)
    queue = Queue(store, at_noon)
    assert queue.run_one(task_id)
    assert not queue.run_one(task_id)
    assert not queue.run_next()
    assert done == [1]


def test_two_functions_can_not_serve_one_kind(done: list[int]) -> None:
    with pytest.raises(ValueError, match="number"):
        task("number")(lambda database, now: None)


def test_loops_are_called_until_they_have_nothing_left(database: Database) -> None:
    left = [3, 2, 0]
    loop("draining")(lambda database, now: left.pop(0) if left else 0)
    assert run_until_idle(database, at_noon) == 5
    LOOPS.pop("draining")


def test_a_failing_loop_lets_the_tasks_go_on(database: Database, done: list[int]) -> None:
    def fail(database: Database, now: datetime) -> int:
        raise TimeoutError

    loop("broken")(fail)
    ask(database, 1)
    assert run_until_idle(database, at_noon) == 1
    LOOPS.pop("broken")


def test_embedded_threads_do_the_work_of_others_until_stopped(
    store: Database, done: list[int]
) -> None:
    stop = Event()
    worker = Thread(target=run_worker, args=(store, "", stop, at_noon))
    worker.start()
    for number in range(20):
        ask(store, number)
    deadline = time.monotonic() + 20
    while len(done) < 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    worker.join(20)
    assert not worker.is_alive()
    assert sorted(done) == list(range(20))


def hang(address: str, begun: Path) -> None:
    """A worker process that takes a task and never ends it."""

    def run(database: Database, now: datetime, number: int) -> None:
        begun.touch()
        time.sleep(60)

    task("number")(run)
    Queue(Database(address, synchronous="NORMAL"), at_noon).run_next()


def test_the_task_of_a_killed_worker_is_done_by_another_after_its_lease(
    store: Database, done: list[int], tmp_path: Path
) -> None:
    ask(store, 1)
    begun = tmp_path / "begun"
    address = store.url.render_as_string(hide_password=False)
    victim = multiprocessing.get_context("spawn").Process(target=hang, args=(address, begun))
    victim.start()
    deadline = time.monotonic() + 30
    while not begun.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    victim.join(30)

    later = NOON + LEASE
    assert run_until_idle(store, lambda: later) == 0
    sweep(store, later - timedelta(seconds=1))
    assert run_until_idle(store, lambda: later) == 0
    assert sweep(store, later) == "given_back=1"
    assert run_until_idle(store, lambda: later) == 1
    assert done == [1]
