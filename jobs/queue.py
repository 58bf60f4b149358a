"""The queue: functions by kind of task, and the way one task is run."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from structlog.contextvars import bound_contextvars

from models import tasks, tracing
from models.base import Database
from models.errors import DomainError, StoreBusy

LEASE = timedelta(minutes=5)

TaskFunction = Callable[..., None]
LoopFunction = Callable[[Database, datetime], int]

TASKS: dict[str, TaskFunction] = {}
LOOPS: dict[str, LoopFunction] = {}

log = structlog.get_logger(__name__)


def task(kind: str) -> Callable[[TaskFunction], TaskFunction]:
    """Gives a kind of task its function.

    It is called as `function(database, now, **payload)`, outside any transaction, and has LEASE to
    end. It may be called again for the same payload, after a crash or a failure, so what it does
    must bear repeating. A DomainError ends the task as failed, for it would come again; any other
    exception, StoreBusy included, makes it due again after a growing while.
    """

    def register(function: TaskFunction) -> TaskFunction:
        if TASKS.setdefault(kind, function) is not function:
            raise ValueError(f"two functions for the task {kind}")
        return function

    return register


def loop(name: str) -> Callable[[LoopFunction], LoopFunction]:
    """Has workers call `function(database, now)` over and over: at once again while it returns
    how many things it has done, after a short pause when that is 0. For rows with claims of their
    own, such as the outbox; several workers may call it at the same time."""

    def register(function: LoopFunction) -> LoopFunction:
        if LOOPS.setdefault(name, function) is not function:
            raise ValueError(f"two functions for the loop {name}")
        return function

    return register


class Queue:
    """任务队列 — claims due tasks of the kinds known here and runs them, one at a time a caller."""

    def __init__(
        self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._now = now

    def run_next(self) -> bool:
        """Runs the task that has been due longest; False when there is none."""
        now = self._now()
        with self._database.reading() as session:
            if not tasks.has_due(session, TASKS, now):
                return False
        with self._database.writing() as session:
            claimed = tasks.claim(session, now, TASKS, limit=1, lease=LEASE)
        for one in claimed:
            self._run(one)
        return bool(claimed)

    def run_one(self, task_id: int) -> bool:
        """Runs this task; False when it is not due, done or another worker's."""
        with self._database.writing() as session:
            claimed = tasks.claim_one(session, task_id, self._now(), LEASE)
        if claimed is None:
            return False
        self._run(claimed)
        return True

    def run_loop(self, name: str) -> int:
        """Calls a loop once; 0 also when it failed, so that its caller pauses."""
        try:
            return LOOPS[name](self._database, self._now())
        except Exception as failure:
            log.error("loop_failed", loop=name, error=type(failure).__name__)
            log.debug("loop_failed_because", loop=name, exc_info=True)
            return 0

    def drain(self) -> int:
        """Runs tasks until none is due; returns how many."""
        done = 0
        while self.run_next():
            done += 1
        return done

    def _run(self, claimed: tasks.Claimed) -> None:
        with tracing.Afresh(), bound_contextvars(task=claimed.kind, task_id=claimed.id):
            self._run_traced(claimed)

    def _run_traced(self, claimed: tasks.Claimed) -> None:
        error: Exception | None = None
        try:
            TASKS[claimed.kind](self._database, self._now(), **claimed.payload)
        except Exception as failure:
            # One failing task must not stop the rest.
            error = failure
            log.debug("task_failed_because", exc_info=True)
        held = self._settle(claimed, error)
        note = log.info if error is None and held else log.warning
        note(
            "task_run",
            attempts=claimed.attempts,
            error=type(error).__name__ if error else None,
            held=held,
        )

    def _settle(self, claimed: tasks.Claimed, error: Exception | None) -> bool:
        with self._database.writing() as session:
            if error is None:
                return tasks.finish(session, claimed)
            name = type(error).__name__
            if isinstance(error, DomainError) and not isinstance(error, StoreBusy):
                return tasks.give_up(session, claimed, name)
            return tasks.fail(session, claimed, name, self._now())
