"""Two clocks whose time jumps forward and back: each due time once, and none left out for long."""

import logging
import random
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from config.categories import Urgency
from jobs.clock import Clock
from jobs.schedule import Schedule, ScheduledJob, load_schedule
from models import registry
from models.base import Database
from models.job_runs import JobRun
from models.migrate import migrate
from models.outbox import OutboxMessage
from models.sealing import KEYRING
from tests.factories import building, ticket, town
from tests.proof import hours
from tests.proof.messages import queued_twice
from tests.proof.month import store_of
from tests.proof.shares import shares

MINUTE = timedelta(minutes=1)
CLOCKS = 2
LOOKED_BEFORE = timedelta(days=30)  # what was due before a clock first looked need not run
SHARE_JUMPING = 0.02  # of the minutes, for each clock
JUMPS = [timedelta(minutes=one) for one in (-26 * 60, -180, -5, -1, 2, 5, 180, 26 * 60)]
BETWEEN_TICKETS = 20  # minutes
SHARE_URGENT = 0.2
EVERY_MINUTE = "ticket_clock"
MOST_SHOWN = 20
# What a proof has no use for: the platform's, and what stands in files of the operator.
LEFT_OUT = {"refresh_access_token", "learn_union_ids", "sweep_photos", "forget_exports"}

Ran = tuple[str, datetime]


def prove(minutes: int, seed: int) -> dict[str, object]:
    """The sums of both stores."""
    found = Jumping()
    for case, share in shares(minutes):
        found += jump(case.store, share, seed)
    print(*found.wrong[:MOST_SHOWN], sep="\n", file=sys.stderr)
    names = ("minutes", "jumps", "runs", "doubled", "missed")
    return {"name": "jumps", **{one: getattr(found, one) for one in names}, "seed": seed}


@dataclass
class Jumping:
    """走时 — what two clocks ran while their time jumped."""

    minutes: int = 0
    jumps: int = 0
    runs: int = 0
    doubled: int = 0  # a job run twice for one due time, or somebody told twice
    missed: int = 0  # minutes of a clock in which a job of every minute did not run
    wrong: list[str] = field(default_factory=list)

    def __add__(self, other: "Jumping") -> "Jumping":
        return Jumping(**{name: one + getattr(other, name) for name, one in vars(self).items()})


def jump(store: str, minutes: int, seed: int) -> Jumping:
    chance = random.Random(seed)
    KEYRING.use({"1": bytes(32)})
    registry.load_tables()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    begin = hours.begin_of(hours.FIRST_DAY)
    ran: list[Ran] = []
    found = Jumping(minutes)
    with store_of(store) as address, ThreadPoolExecutor(CLOCKS) as pool:
        database = Database(address, synchronous="NORMAL")
        migrate(database)
        town(database, begin - LOOKED_BEFORE)
        clocks = [Clock(database, _noting(ran)) for _ in range(CLOCKS)]
        clocks[0].tick(begin - LOOKED_BEFORE)
        times = [begin + chance.random() * MINUTE for _ in clocks]
        for minute in range(minutes):
            if minute % BETWEEN_TICKETS == 0:
                _report(database, times[0], chance)
            list(pool.map(Clock.tick, clocks, times))
            found.missed += sum(not _has_run(database, one) for one in times)
            for number in range(CLOCKS):
                is_jump = chance.random() < SHARE_JUMPING
                found.jumps += is_jump
                times[number] += chance.choice(JUMPS) if is_jump else MINUTE
        _judge(database, ran, found)
        database.dispose()
    return found


def _noting(ran: list[Ran]) -> Schedule:
    """The schedule, with a note of each run."""

    def noted(scheduled: ScheduledJob) -> ScheduledJob:
        def run(database: Database, now: datetime) -> str | None:
            ran.append((scheduled.name, now))
            return scheduled.run(database, now)

        return replace(scheduled, run=run)

    return {name: noted(one) for name, one in load_schedule().items() if name not in LEFT_OUT}


def _report(database: Database, at: datetime, chance: random.Random) -> None:
    """Nobody takes it up, so the clocks remind, escalate and count it in their digests."""
    urgency = Urgency.URGENT if chance.random() < SHARE_URGENT else Urgency.NORMAL
    with database.writing() as session:
        ticket(session, building(session), at, urgency=urgency)


def _has_run(database: Database, at: datetime) -> bool:
    """Whether the job of every minute ran for the latest one, whoever ran it."""
    due = at.replace(second=0, microsecond=0)
    with database.reading() as session:
        found = select(JobRun.id).where(JobRun.job == EVERY_MINUTE, JobRun.due_at == due)
        return session.scalar(found) is not None


def _judge(database: Database, ran: list[Ran], found: Jumping) -> None:
    found.runs = len(ran)
    for (name, due_at), number in Counter(ran).items():
        if number > 1:
            found.wrong.append(f"{name} of {due_at} ran {number} times")
    with database.reading() as session:
        found.wrong += queued_twice(session.scalars(select(OutboxMessage)).all())
    found.doubled = len(found.wrong)
