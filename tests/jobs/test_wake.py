"""Waking workers by Redis: at once when it works, a little later when it does not."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest
from redis import Redis

from jobs import worker
from jobs.queue import LOOPS, TASKS
from jobs.wake import MuteBell, make_bell
from jobs.worker import run_worker
from models import tasks
from models.base import Database
from tests.bench.servers import free_port
from tests.redis_server import redis_server

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running.url


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers that tasks of the kind `number` have been run with."""
    numbers: list[int] = []
    worker.import_modules()
    for registry in (TASKS, LOOPS):
        for name in list(registry):
            monkeypatch.delitem(registry, name)

    def note(database: Database, now: datetime, number: int) -> None:
        numbers.append(number)

    monkeypatch.setitem(TASKS, "number", note)
    return numbers


def ask(store: Database, number: int) -> int:
    with store.writing() as session:
        task_id = tasks.ask(session, "number", {"number": number}, NOON, f"number-{number}", NOON)
    assert task_id is not None
    return task_id


def wait_for(done: list[int], count: int) -> None:
    deadline = time.monotonic() + 20
    while len(done) < count and time.monotonic() < deadline:
        time.sleep(0.02)


def start(store: Database, redis_url: str) -> tuple[Event, Thread]:
    stop = Event()
    thread = Thread(target=run_worker, args=(store, redis_url, stop, lambda: NOON))
    thread.start()
    return stop, thread


@pytest.mark.redis
def test_workers_on_redis_are_woken_and_run_each_task_once(
    store: Database, done: list[int], redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS_WHEN_WOKEN", 3600.0)
    running = [start(store, redis_url), start(store, redis_url)]
    time.sleep(0.3)  # the pollers have looked and sleep for the hour
    bell = make_bell(redis_url)
    for number in range(30):
        task_id = ask(store, number)
        bell.ring("number", task_id)
        bell.ring("number", task_id)  # a wake-up may come twice
    wait_for(done, 30)
    for stop, _ in running:
        stop.set()
    for _, thread in running:
        thread.join(30)
        assert not thread.is_alive()
    assert sorted(done) == list(range(30))
    with Redis.from_url(redis_url) as client:
        assert client.llen("linli:linli") == 0


@pytest.mark.redis
def test_a_committed_task_rings_by_itself_and_one_taken_back_does_not(
    postgresql: Database, done: list[int], redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS_WHEN_WOKEN", 3600.0)
    rung: list[tuple[str, int]] = []
    ring = make_bell(redis_url).ring

    def note(kind: str, task_id: int) -> None:
        rung.append((kind, task_id))
        ring(kind, task_id)

    postgresql.ring = note
    stop, thread = start(postgresql, redis_url)
    time.sleep(0.3)
    with pytest.raises(RuntimeError), postgresql.writing() as session:
        tasks.ask(session, "number", {"number": 1}, NOON, "number-1", NOON)
        raise RuntimeError
    task_id = ask(postgresql, 2)
    with postgresql.writing() as session:
        tasks.ask(session, "number", {"number": 3}, NOON + timedelta(hours=1), "number-3", NOON)
    wait_for(done, 1)
    stop.set()
    thread.join(30)
    assert (done, rung) == ([2], [("number", task_id)])


@pytest.mark.redis
def test_a_lost_wake_up_costs_seconds_and_not_the_task(
    store: Database, done: list[int], redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS_WHEN_WOKEN", 0.2)
    stop, thread = start(store, redis_url)
    time.sleep(0.3)
    ask(store, 1)
    wait_for(done, 1)
    stop.set()
    thread.join(30)
    assert done == [1]


def test_workers_go_on_while_redis_is_away(
    store: Database, done: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS_WHEN_WOKEN", 0.2)
    stop, thread = start(store, f"redis://127.0.0.1:{free_port()}/0")
    ask(store, 1)
    wait_for(done, 1)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
    assert done == [1]


def test_a_bell_without_its_redis_is_quick_and_harmless() -> None:
    began = time.monotonic()
    make_bell(f"redis://127.0.0.1:{free_port()}/0").ring("number", 1)
    assert time.monotonic() - began < timedelta(seconds=2).total_seconds()


def test_the_embedded_shape_needs_no_bell() -> None:
    bell = make_bell("")
    assert isinstance(bell, MuteBell)
    bell.ring("number", 1)
