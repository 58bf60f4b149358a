"""Three clock processes on one store, which can be killed in the middle of a job."""

import logging
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import structlog
from sqlalchemy.orm import configure_mappers

from jobs import tickets
from jobs.clock import Clock, Firing
from jobs.schedule import import_modules, load_schedule
from models import registry
from models.base import Database
from models.job_runs import RunState
from models.sealing import KEYRING
from models.tickets import clock, reminding, ticking

JOBS = ("ticket_clock", "dispatch_ownerless")
KEYS = {"1": bytes(32)}
MOST_ITEMS = 4  # a round seldom has more: the death falls into one
MOST_SECONDS = 0.02  # about as long as a round
ANSWER_SECONDS = 120
CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])


class Death(StrEnum):
    """How a round of a clock ends before its time."""

    BEFORE_ITEM = "before_item"
    BEFORE_COMMIT = "before_commit"
    FAILS = "fails"  # an exception once the work is done and before it is kept
    ANYWHERE = "anywhere"  # killed from outside, whatever it does


def _without_overdue_mark() -> None:
    """Nothing keeps that a deadline's passing was told."""
    whole = ticking.STEPS[clock.DUE]

    def forgetting(session: Any, ticket: Any, now: datetime) -> None:
        whole(session, ticket, now)
        ticket.overdue_at = None

    ticking.STEPS[clock.DUE] = forgetting


def _without_reminder_marks() -> None:
    """Neither does the log say what was told, nor does the clock move on from it."""
    reminding.has_told = lambda *_, **__: False
    clock.move_on = clock.set_clock


def _without_relief() -> None:
    tickets._relieve = lambda *_: None


registry.load_tables()  # once, in the server that forks the clocks
import_modules()
configure_mappers()

GUARDS: dict[str, Callable[[], None]] = {
    "overdue_mark": _without_overdue_mark,
    "reminder_marks": _without_reminder_marks,
    "relief": _without_relief,
}


class _Fate:
    """Lets the work of a round go wrong at its n-th item."""

    def __init__(self) -> None:
        self._death: Death | None = None
        self._left = 0

    def meet(self, death: Death | None, item: int) -> None:
        self._death, self._left = death, item

    def over(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def worked(*given: Any) -> Any:
            self._left -= 1
            is_now = self._left == 0
            if is_now and self._death == Death.BEFORE_ITEM:
                os.kill(os.getpid(), signal.SIGKILL)
            done = work(*given)
            if is_now and self._death == Death.BEFORE_COMMIT:
                os.kill(os.getpid(), signal.SIGKILL)
            if is_now and self._death == Death.FAILS:
                raise RuntimeError("the work of this item is lost")
            return done

        return worked


def _serve(address: str, pipe: Connection, without: str | None) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    KEYRING.use(KEYS)
    if without is not None:
        GUARDS[without]()
    fate = _Fate()
    ticking.tick = fate.over(ticking.tick)
    tickets._relieve = fate.over(tickets._relieve)
    schedule = load_schedule()
    rounds = Clock(Database(address, synchronous="NORMAL"), {name: schedule[name] for name in JOBS})
    while True:
        now, death, item = pipe.recv()
        fate.meet(death, item)
        try:
            pipe.send([one.job for one in rounds.tick(now) if _is_whole(one, now)])
        except Exception:  # as the product's own loop: the next round finds the same work due
            pipe.send([])


def _is_whole(firing: Firing, now: datetime) -> bool:
    """Of this minute, and without an item that the store had no time for."""
    is_done = firing.due_at == now and firing.state == RunState.DONE
    return is_done and "failed" not in (firing.detail or "")


class ClockProcess:
    """时钟进程 — one `linli clock`, told what time it is; started again after its death."""

    def __init__(self, address: str, without: str | None) -> None:
        self._given = address, without
        self.deaths = 0
        self._start()

    def _start(self) -> None:
        address, without = self._given
        self._pipe, theirs = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=_serve, args=(address, theirs, without), daemon=True)
        self._process.start()
        theirs.close()

    def tell(self, now: datetime, death: Death | None, chance: random.Random) -> None:
        self._pipe.send((now, death, chance.randint(1, MOST_ITEMS)))
        if death == Death.ANYWHERE:
            time.sleep(chance.uniform(0, MOST_SECONDS))
            self.stop()

    def done(self) -> set[str]:
        """Waits for the end of the round: the jobs this clock did whole. Who died is back after."""
        whole: set[str] = set()
        try:
            if not self._pipe.poll(ANSWER_SECONDS):
                raise TimeoutError("a clock did not end its round")
            whole = set(self._pipe.recv())
        except (EOFError, ConnectionResetError):
            self.stop()
        if self._process.is_alive():
            return whole
        self.deaths += 1
        self._start()
        return set()

    def stop(self) -> None:
        with suppress(ProcessLookupError):  # it may be gone before anybody has heard of it
            self._process.kill()
        self._process.join()
