"""Kills the web process again and again while complaints come in, and counts what is left."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.house import open_database
from config.settings import Settings
from tests.bench.servers import free_port
from tests.bench.town import DATA_KEY, Case, town
from tests.proof.complaints import Pushers
from tests.proof.counting import Count, count

THREADS = 8
WORKERS = 2
MOST_BETWEEN = 40  # answers between two kills
MOST_WAIT_SECONDS = 0.03  # about ten intakes: the kill falls anywhere into one
SHARE_OF_ALL = 0.75  # of the kills take every process; the others one worker
ANSWER_SECONDS = 60
LOOK_SECONDS = 0.2
SHARE_ON_POSTGRESQL = 0.1
MOST_SHOWN = 20
FIGURES = ("pushed", "inbox", "tickets", "lost", "doubled", "unknown", "in_doubt")


def prove(kills: int, seed: int, without: str | None = None) -> dict[str, object]:
    """The sums of both stores, whose own lines are printed before."""
    on_postgresql = round(kills * SHARE_ON_POSTGRESQL)
    total = Count()
    for case, share in (
        (Case("sqlite", "FULL"), kills - on_postgresql),
        (Case("postgresql"), on_postgresql),
    ):
        if share:
            counted = kill_during_intake(case, share, seed, without)
            print(json.dumps({"store": case.store, "kills": share} | _sums(counted)), flush=True)
            print(*counted.wrong[:MOST_SHOWN], sep="\n", file=sys.stderr)
            total += counted
    return {"seed": seed, "kills": kills} | _sums(total)


def _sums(counted: Count) -> dict[str, object]:
    return {name: getattr(counted, name) for name in FIGURES}


class Web:
    """`linli web` in a session of its own, started again after each death."""

    def __init__(self, environment: Mapping[str, str], without: str | None) -> None:
        self.port = free_port()
        program = ["tests.proof.unguarded", without] if without else ["app", "web"]
        self._command = [sys.executable, "-m", *program, "--port", str(self.port)]
        self._environment = os.environ | dict(environment)
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            env=self._environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,  # of its own deaths it need not tell
            stderr=subprocess.DEVNULL,
        )

    def kill_all(self) -> None:
        self.stop()
        self._process = self._start()

    def start_if_ended(self) -> None:
        """As an init system does: Granian gives up when its workers die in quick succession."""
        if self._process.poll() is not None:
            self._process = self._start()

    def kill_one(self, chance: random.Random) -> None:
        """One process, which the server replaces; all of them while they are still starting."""
        workers = children(self._process.pid)
        if not workers:
            self.kill_all()
            return
        os.kill(chance.choice(workers), signal.SIGKILL)

    def stop(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def children(pid: int) -> list[int]:
    """The web processes and the one that writes, whichever thread has begun them."""
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return sorted(int(one) for thread in threads for one in thread.read_text().split())


def kill_during_intake(case: Case, kills: int, seed: int, without: str | None = None) -> Count:
    """Every pushed complaint is answered at the end; says what the store holds of them."""
    chance = random.Random(seed)
    most = (kills + 1) * (MOST_BETWEEN + THREADS)
    with town(case, most) as environment:
        with (
            _running(environment | {"LINLI_WEB_WORKERS": str(WORKERS)}, without) as web,
            Pushers(web.port, most, THREADS, seed) as pushers,
        ):
            for _ in range(kills):
                _await_answers(web, pushers, chance.randint(1, MOST_BETWEEN))
                time.sleep(chance.uniform(0, MOST_WAIT_SECONDS))
                if chance.random() < SHARE_OF_ALL:
                    web.kill_all()
                else:
                    web.kill_one(chance)
            pushers.finish()
            while pushers.are_busy:
                time.sleep(LOOK_SECONDS)
                web.start_if_ended()
        settings = Settings(
            data_dir=Path(environment["LINLI_DATA_DIR"]),
            database_url=environment["LINLI_DATABASE_URL"],
            data_key=DATA_KEY,
        )
        database = open_database(settings)
        with database.reading() as session:
            result = count(session, pushers.pushed)
        database.dispose()
    return result


@contextmanager
def _running(environment: Mapping[str, str], without: str | None) -> Iterator[Web]:
    web = Web(environment, without)
    try:
        yield web
    finally:
        web.stop()


def _await_answers(web: Web, pushers: Pushers, answers: int) -> None:
    deadline = time.monotonic() + ANSWER_SECONDS
    while answers:
        if pushers.answered.acquire(timeout=LOOK_SECONDS):
            answers -= 1
        elif time.monotonic() > deadline:
            raise TimeoutError(f"no answer for {ANSWER_SECONDS} s")
        web.start_if_ended()
