"""Kills every process of the house again and again under load, and counts what is left."""

import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import select

from app.house import open_database
from models.base import Database
from models.outbox import Delivery, OutboxMessage
from tests.bench.servers import free_port
from tests.bench.town import Case, settings_of, town
from tests.proof import bulletins
from tests.proof.complaints import Pushers
from tests.proof.counting import Count, count
from tests.proof.ending import come_to_rest
from tests.proof.messages import Interrupted, count_messages
from tests.proof.platform import Outside, give_phones, outside
from tests.proof.processes import Kept, Postmaster, RedisServer, Web, redis_if_any
from tests.proof.shares import shares

MOST_OF_A_TOWN = 100  # kills: with more, neighbours would complain of the same
THREADS = 8
WEB_WORKERS = 2
WORKERS = 2
MOST_BETWEEN = 40  # answers between two kills
MOST_WAIT_SECONDS = 0.03  # about ten intakes: the kill falls anywhere into one
BETWEEN_NOTICES = 10  # kills
ANSWER_SECONDS = 60
LOOK_SECONDS = 0.2
SENDING_SECONDS = 40
MOST_SHOWN = 20
FIGURES = ("pushed", "inbox", "tickets", "messages", "lost", "doubled", "unknown", "in_doubt")
# Store → victim → how often it is chosen.
EVERYWHERE = {"web": 5, "web_process": 3, "worker": 5, "clock": 2}
VICTIMS: Mapping[str, Mapping[str, int]] = {
    "sqlite": EVERYWHERE | {"writer": 4},
    "postgresql": EVERYWHERE | {"database": 8, "redis": 2, "redis_emptied": 3},
}
# Guard → who dies without it, so that it shows soon.
VICTIMS_WITHOUT: Mapping[str, Mapping[str, int]] = {
    **dict.fromkeys(("inbox_key", "claim"), {"web": 1}),
    **dict.fromkeys(("lease", "outbox_key"), {"worker": 1}),
}


def prove(kills: int, seed: int) -> dict[str, object]:
    """The sums of all towns, whose own lines are printed before."""
    total = Count()
    for case, share in shares(kills):
        for first in range(0, share, MOST_OF_A_TOWN):
            counted = kill_under_load(case, min(MOST_OF_A_TOWN, share - first), seed + first)
            print(json.dumps({"store": case.store} | _sums(counted)), flush=True)
            print(*counted.wrong[:MOST_SHOWN], sep="\n", file=sys.stderr)
            total += counted
    return {"seed": seed} | _sums(total)


def kill_without(kills: int, seed: int, without: str) -> dict[str, object]:
    """On SQLite alone; what broke first is shown."""
    counted = kill_under_load(Case("sqlite", "FULL"), kills, seed, without)
    print(*counted.wrong[:3], sep="\n", file=sys.stderr)
    return {"seed": seed, "without": without} | _sums(counted)


def _sums(counted: Count) -> dict[str, object]:
    figures = {name: getattr(counted, name) for name in FIGURES}
    return {"kills": counted.kills.total(), **figures, "killed": dict(counted.kills)}


def kill_under_load(case: Case, kills: int, seed: int, without: str | None = None) -> Count:
    """Every pushed complaint is answered at the end; says what the store holds of them."""
    chance = random.Random(seed)
    most = (kills + 1) * (MOST_BETWEEN + THREADS)
    with ExitStack() as stack:
        environment = stack.enter_context(town(case, most)) | {
            "LINLI_WEB_WORKERS": str(WEB_WORKERS)
        }
        house = stack.enter_context(_house(environment, seed, without))
        with Pushers(house.port, most, THREADS, seed) as pushers:
            for number in range(kills):
                if number % BETWEEN_NOTICES == 0:
                    bulletins.announce(house.database, number // BETWEEN_NOTICES)
                house.await_answers(pushers, chance.randint(1, MOST_BETWEEN))
                time.sleep(chance.uniform(0, MOST_WAIT_SECONDS))
                house.kill_any(chance)
            pushers.finish()
            while pushers.are_busy:
                time.sleep(LOOK_SECONDS)
                house.look_after()
        if without:
            house.send_on()
        return house.counted(pushers)


@dataclass
class House:
    """All processes of a house over one store, with the platform outside."""

    database: Database
    environment: Mapping[str, str]
    outside: Outside
    port: int
    victims: Mapping[str, int]
    web: Web
    workers: list[Kept]
    clock: Kept
    postmaster: Postmaster | None = None  # SQLite has none
    redis: RedisServer | None = None
    kills: Counter[str] = field(default_factory=Counter)
    interrupted: set[int] = field(default_factory=set)  # messages whose sender died

    def ways(self, chance: random.Random) -> dict[str, Callable[[], None]]:
        """Victim → how it dies."""
        ways: dict[str, Callable[[], None]] = {
            "web": self.web.kill,
            "web_process": lambda: self.web.kill_one(chance),
            "writer": lambda: self.web.kill_writer(chance),
            "worker": chance.choice(self.workers).kill,
            "clock": self.clock.kill,
        }
        if self.postmaster is not None:
            ways["database"] = self.postmaster.kill
        if self.redis is not None:
            ways |= {"redis": self.redis.kill, "redis_emptied": self.redis.empty}
        return ways

    def kill_any(self, chance: random.Random) -> None:
        ways = {name: way for name, way in self.ways(chance).items() if name in self.victims}
        (name,) = chance.choices(list(ways), [self.victims[one] for one in ways])
        ways[name]()
        self.kills[name] += 1
        if name == "database":
            self.database.dispose()  # its connections lead to the dead
        if name in ("worker", "database"):
            self._note_interrupted()

    def look_after(self) -> None:
        """Starts what has ended by itself."""
        self.web.start_if_ended()
        self.kills["clock_itself"] += self.clock.start_if_ended()
        if died := sum(one.start_if_ended() for one in self.workers):
            self.kills["worker_itself"] += died
            self._note_interrupted()

    def await_answers(self, pushers: Pushers, answers: int) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while answers:
            if pushers.answered.acquire(timeout=LOOK_SECONDS):
                answers -= 1
            elif time.monotonic() > deadline:
                raise TimeoutError(f"no answer for {ANSWER_SECONDS} s")
            self.look_after()

    def send_on(self) -> None:
        """Until all is sent, or will not be: on a busy machine the workers have only just begun,
        and what is missing would not show."""
        deadline = time.monotonic() + SENDING_SECONDS
        waiting = OutboxMessage.state.in_((Delivery.QUEUED, Delivery.SENDING))
        due = select(OutboxMessage.id).where(waiting, OutboxMessage.not_before <= datetime.now(UTC))
        while time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
            self.look_after()
            with self.database.reading() as session:
                if session.scalar(due.limit(1)) is None:
                    return

    def counted(self, pushers: Pushers) -> Count:
        """Once nothing is left to do, which the dead have begun."""
        for one in (self.clock, *self.workers):
            one.stop()
        self._note_interrupted()
        unheard = self.outside.end_trouble()
        come_to_rest(self.database, self.environment)
        self.web.stop()
        doubts = Interrupted(self.interrupted, unheard)
        with self.database.reading() as session:
            result = count(session, pushers.pushed)
            result += count_messages(session, self.outside.arrived(), doubts)
        result.kills = +self.kills
        return result

    def _note_interrupted(self) -> None:
        with self.database.reading() as session:
            begun = select(OutboxMessage.id).where(
                OutboxMessage.state == Delivery.SENDING, OutboxMessage.begun_at.is_not(None)
            )
            self.interrupted |= set(session.scalars(begun))


@contextmanager
def _house(environment: Mapping[str, str], seed: int, without: str | None) -> Iterator[House]:
    frail = f"tests.proof.frail --without {without}" if without else "tests.proof.frail"
    port = free_port()
    with ExitStack() as stack:
        # A proof may be run by night.
        settings = settings_of(environment).model_copy(update={"quiet_hours": False})
        database = open_database(settings)
        stack.callback(database.dispose)
        world = stack.enter_context(outside(port))
        world.know(give_phones(database))
        world.trouble(seed)
        if without:
            world.dawdle()
        victims = VICTIMS_WITHOUT[without] if without else VICTIMS[database.url.get_backend_name()]
        told = os.environ | environment | world.environment
        postmaster = redis = None
        if not database.is_sqlite:
            postmaster, redis = Postmaster.of(environment), redis_if_any(environment)
        if redis is not None:
            stack.callback(redis.stop)
            told["LINLI_REDIS_URL"] = redis.url
        web = Web.of(f"{frail} web --port {port}", told)
        workers = [Kept.of(f"{frail} worker", told) for _ in range(WORKERS)]
        clock = Kept.of(f"{frail} clock", told)
        for one in (web, clock, *workers):
            stack.callback(one.stop)
        yield House(database, told, world, port, victims, web, workers, clock, postmaster, redis)
