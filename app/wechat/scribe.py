"""A thread that writes for all pushes of its process: what waits goes in one transaction."""

import threading
import time
from asyncio import Future, get_running_loop
from collections.abc import Hashable, Sequence
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from app.wechat.intake import Delivery, Desk
from models.base import Database
from models.engines import LOCK_SECONDS
from models.errors import StoreBusy
from models.inbox import Overtaken, Received

# Of one transaction. The answers of the last one bring the next pushes: who went without them
# would go alone.
MOST_JOBS = 64
GATHERING_SECONDS = {"sqlite": 0.0, "postgresql": 0.003}


class Job(NamedTuple):
    """一件 — what was heard, and who waits for its end."""

    delivery: Delivery
    heard: Any
    since: float
    ended: "Future[Received]"

    @property
    def whose(self) -> Hashable:
        message = self.delivery.message
        return message.account, message.openid


End = tuple[Job, Received | BaseException]


class Scribe:
    """写入线程 — of one loop, which waits for nobody while it writes."""

    def __init__(self, database: Database, desk: Desk) -> None:
        self._database = database
        self._desk = desk
        self._gathering = GATHERING_SECONDS[database.url.get_backend_name()]
        self._waiting: SimpleQueue[Job] = SimpleQueue()
        self._later: list[Job] = []  # of somebody who is in the transaction already
        self._is_serving = False

    async def write(self, delivery: Delivery, heard: Any) -> Received:
        """Raises StoreBusy, and whatever the work raised."""
        if not self._is_serving:
            self._is_serving = True
            threading.Thread(target=self._serve, daemon=True).start()
        ended: Future[Received] = get_running_loop().create_future()
        self._waiting.put(Job(delivery, heard, time.monotonic(), ended))
        return await ended

    def _serve(self) -> None:
        had_company = False
        while True:
            jobs = self._next(had_company)
            had_company = len(jobs) > 1
            ends = self._ends(jobs)
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                jobs[0].ended.get_loop().call_soon_threadsafe(_tell, ends)

    def _next(self, had_company: bool) -> list[Job]:
        """What waits, each of another person; at least one."""
        came = self._later or [self._waiting.get()]
        if had_company and self._gathering:
            time.sleep(self._gathering)
        self._later = []
        jobs: list[Job] = []
        persons: set[Hashable] = set()
        try:
            while len(jobs) < MOST_JOBS:
                job = came.pop(0) if came else self._waiting.get_nowait()
                if job.whose in persons:
                    self._later.append(job)
                else:
                    jobs.append(job)
                    persons.add(job.whose)
        except Empty:
            pass
        self._later += came
        return jobs

    def _ends(self, jobs: Sequence[Job]) -> list[End]:
        in_time = time.monotonic() - LOCK_SECONDS
        asked = [job for job in jobs if job.since > in_time]
        ends: list[End] = [(job, StoreBusy()) for job in jobs if job.since <= in_time]
        for job, made in self._written(asked):
            if isinstance(made, Overtaken):  # what another process has kept is found now
                ends += self._written([job])
            else:
                ends.append((job, made))
        return ends

    def _written(self, jobs: Sequence[Job]) -> list[End]:
        """Raises nothing: the thread is to go on."""
        works = [partial(self._desk.take, job.delivery, job.heard) for job in jobs]
        try:
            made = self._database.write_all(works, [job.whose for job in jobs])
        except Exception as failure:
            made = [failure] * len(jobs)
        return list(zip(jobs, made, strict=True))


def _tell(ends: Sequence[End]) -> None:
    for job, made in ends:
        if job.ended.done():
            continue
        if isinstance(made, BaseException):
            job.ended.set_exception(made)
        else:
            job.ended.set_result(made)
