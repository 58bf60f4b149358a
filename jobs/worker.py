"""The worker process: threads that look for due tasks, and Dramatiq where there is a Redis."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from threading import Event, Thread

import structlog
from dramatiq import Actor, Worker
from dramatiq.broker import Broker

from jobs.queue import LOOPS, TASKS, Queue
from jobs.schedule import import_modules
from jobs.wake import QUEUE, redis_broker
from models.base import Database

THREADS = 4
POLL_SECONDS = 0.5
POLL_SECONDS_WHEN_WOKEN = 3.0

log = structlog.get_logger(__name__)


def run_worker(
    database: Database,
    redis_url: str,
    stop: Event,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Works until `stop`; what is under way is finished first.

    The threads look by themselves also where Dramatiq wakes: a wake-up that is lost, or sent
    while Redis was away, costs a few seconds and never the task. Nobody wakes the loops.
    """
    import_modules()
    queue = Queue(database, now)
    pause = POLL_SECONDS_WHEN_WOKEN if redis_url else POLL_SECONDS
    turns: list[tuple[Callable[[], object], float]] = [(queue.run_next, pause)] * THREADS
    turns += [(partial(queue.run_loop, name), POLL_SECONDS) for name in LOOPS]
    with ExitStack() as stack:
        if redis_url:
            stack.enter_context(_woken(queue, redis_broker(redis_url)))
        threads = [Thread(target=_keep_going, args=(turn, stop, rest)) for turn, rest in turns]
        for thread in threads:
            thread.start()
        log.info("worker_started", kinds=sorted(TASKS), loops=sorted(LOOPS))
        for thread in threads:
            # A signal that comes just before a join is only heard at its end.
            while thread.is_alive():
                thread.join(POLL_SECONDS)


def run_until_idle(
    database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> int:
    """Works until nothing is due, also of what the work itself asked for; returns how much."""
    import_modules()
    queue = Queue(database, now)
    done = 0
    with ThreadPoolExecutor(THREADS) as pool:
        while True:
            turns = [pool.submit(queue.drain) for _ in range(THREADS)]
            turns += [pool.submit(queue.run_loop, name) for name in LOOPS]
            handled = sum(turn.result() for turn in turns)
            if handled == 0:
                return done
            done += handled


def _keep_going(turn: Callable[[], object], stop: Event, pause: float) -> None:
    while not stop.is_set():
        try:
            is_busy = bool(turn())
        except Exception as failure:
            # The store is away or busy: look again after the pause.
            log.warning("worker_turn_failed", error=type(failure).__name__)
            is_busy = False
        if not is_busy:
            stop.wait(pause)


@contextmanager
def _woken(queue: Queue, broker: Broker) -> Iterator[None]:
    """Dramatiq actors for every kind; a message is acknowledged after its task was run."""

    def run(task_id: int) -> None:
        queue.run_one(task_id)

    for kind in TASKS:
        Actor(run, broker=broker, actor_name=kind, queue_name=QUEUE, priority=0, options={})
    worker = Worker(broker, queues={QUEUE}, worker_threads=THREADS)
    worker.start()
    try:
        yield
    finally:
        worker.stop()
        broker.close()
