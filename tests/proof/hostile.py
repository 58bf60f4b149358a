"""A million hostile requests at the webhook: none is taken, none costs memory or stops others."""

import os
import random
import re
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import func, select

from app.house import open_database
from models.base import Base, Database
from tests.bench.servers import serving
from tests.bench.town import TOKEN, Case, settings_of, town
from tests.proof.complaints import OK, Complaint
from tests.proof.counting import Count, count
from tests.proof.hostile_pushes import Attack, Forger, push_of
from tests.proof.processes import children
from tests.wechat.sender import Mode, Sender

STAGES: tuple[tuple[Case, Mode, float], ...] = (
    (Case("sqlite", "FULL"), "plain", 0.6),
    (Case("sqlite", "FULL"), "secure", 0.3),
    (Case("postgresql"), "secure", 0.1),
)
ROUNDS = 10
ATTACKERS = 4
GENUINE = 20  # complaints after each round, to be answered as on any day
MOST_GROWTH_MB = 8  # of one process, once each of its threads has worked
ANSWER_SECONDS = 10
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_ANON = re.compile(r"RssAnon:\s+(\d+) kB")


def prove(requests: int, seed: int) -> dict[str, object]:
    """The sums of all stages; the same seed makes the same requests, but for their time."""
    trial = Trial(seed)
    for case, mode, share in STAGES:
        trial.run(case, mode, round(requests * share))
    print(*trial.unclear[:50], *trial.found.wrong, sep="\n", file=sys.stderr)
    return {"name": "hostile", **trial.figures(), "seed": seed}


@dataclass(frozen=True)
class Answer:
    """One answer of the server; status 0 when there was none."""

    status: int
    text: str = ""


class Line:
    """A connection that is kept, and opened anew when the server has hung up."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: socket.socket | None = None

    def ask(self, request: bytes) -> Answer:
        is_fresh = self._connection is None
        answer = self._ask(request)
        # The server may close after any answer, and what was then on its way went nowhere.
        return self._ask(request) if not answer.status and not is_fresh else answer

    def _ask(self, request: bytes) -> Answer:
        if self._connection is None:
            self._connection = socket.create_connection(("127.0.0.1", self._port), ANSWER_SECONDS)
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._connection.sendall(request)
            return self._answer(self._connection)
        except OSError:
            self.close()
            return Answer(0)

    def _answer(self, connection: socket.socket) -> Answer:
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._piece(connection)
        status, length = _STATUS.match(received), _LENGTH.search(received, 0, end)
        missing = int(length[1]) if length else 0
        while len(received) < end + 4 + missing:
            received += self._piece(connection)
        if b"connection: close" in received[:end].lower():
            self.close()
        return Answer(
            int(status[1]) if status else 0, received[end + 4 : end + 4 + missing].decode()
        )

    def _piece(self, connection: socket.socket) -> bytes:
        if not (piece := connection.recv(65536)):
            raise ConnectionResetError
        return piece

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


@dataclass(frozen=True)
class Wave:
    """一波 — what one attacker is to send, so that another process can make it."""

    port: int
    mode: Mode
    requests: int
    seed: str
    heard: Sequence[Complaint]


@dataclass
class Met:
    """What was answered to each kind of request, and what should not have been."""

    statuses: Counter[str] = field(default_factory=Counter)
    unclear: list[str] = field(default_factory=list)


def attack(wave: Wave) -> Met:
    chance, met, sender = random.Random(wave.seed), Met(), sender_in(wave.mode)
    with closing(Line(wave.port)) as line:
        for _ in range(wave.requests):
            forger = Forger(sender, chance, int(time.time()), wave.heard)
            one = forger.attack()
            answer = line.ask(one.request)
            met.statuses[f"{one.kind} {answer.status}"] += 1
            if not is_right(one, answer, sender):
                met.unclear.append(f"{one.kind}: {answer.status} for {one.request[:2000]!r}")
    return met


def is_right(one: Attack, answer: Answer, sender: Sender) -> bool:
    if one.expected is None:
        return 400 <= answer.status < 500
    return answer.status == OK and sender.said(answer) == one.expected  # type: ignore[arg-type]


@dataclass
class Trial:
    """围攻 — what came of all requests, and of the complaints between them."""

    seed: int
    found: Count = field(default_factory=Count)
    statuses: Counter[str] = field(default_factory=Counter)
    unclear: list[str] = field(default_factory=list)
    rows: int = 0  # in any table, that were made by hostile requests
    grown_mb: float = 0.0  # of the process that has grown most

    def run(self, case: Case, mode: Mode, requests: int) -> None:
        complaints = [Complaint(number) for number in range(GENUINE * (ROUNDS + 1))]
        with town(case, len(complaints)) as environment:
            database = open_database(settings_of(environment))
            with web(environment, mode) as (port, processes):
                speak(port, mode, complaints[:GENUINE])
                before: dict[int, float] = {}
                for number in range(1, ROUNDS + 1):
                    heard = complaints[: GENUINE * number]
                    self._round(database, port, mode, requests // ROUNDS, heard)
                    speak(port, mode, complaints[GENUINE * number : GENUINE * (number + 1)])
                    before = before or memory(processes)
                self._weigh(before, memory(processes))
            with database.reading() as session:
                self.found += count(session, complaints)
            database.dispose()

    def _round(
        self, database: Database, port: int, mode: Mode, requests: int, heard: Sequence[Complaint]
    ) -> None:
        there = rows_of(database)
        waves = [
            Wave(port, mode, requests // ATTACKERS, f"{self.seed}:{mode}:{len(heard)}:{n}", heard)
            for n in range(ATTACKERS)
        ]
        with ProcessPoolExecutor(ATTACKERS, mp_context=get_context("fork")) as pool:
            for met in pool.map(attack, waves):
                self.statuses += met.statuses
                self.unclear += met.unclear
        self.rows += sum((rows_of(database) - there).values())

    def _weigh(self, before: dict[int, float], after: dict[int, float]) -> None:
        if before.keys() != after.keys():
            self.unclear.append("a process of the server has ended")
        grown = [mb - before[pid] for pid, mb in after.items() if pid in before]
        self.grown_mb = max(self.grown_mb, round(max(grown, default=0.0), 1))
        if self.grown_mb > MOST_GROWTH_MB:
            self.unclear.append(f"a process has grown by {self.grown_mb} MB")

    def figures(self) -> dict[str, object]:
        names = ("pushed", "inbox", "tickets", "lost", "doubled", "unknown")
        return {
            "requests": self.statuses.total(),
            "refused": sum(n for kind, n in self.statuses.items() if " 4" in kind),
            "answered": sum(n for kind, n in self.statuses.items() if kind.endswith(" 200")),
            **{name: getattr(self.found, name) for name in names},
            "rows": self.rows,
            "grown_mb": self.grown_mb,
            "unclear": len(self.unclear) + self.rows,
        }


def sender_in(mode: Mode) -> Sender:
    return Sender("", token=TOKEN, mode=mode)


@contextmanager
def web(environment: dict[str, str], mode: Mode) -> Iterator[tuple[int, list[int]]]:
    """The port, and all processes that serve."""
    sender = sender_in(mode)
    told = environment | {
        "LINLI_WECHAT_MODE": mode,
        "LINLI_WECHAT_APP_ID": sender.app_id,
        "LINLI_WECHAT_AES_KEY": sender.aes_key,
        "LINLI_LOG_LEVEL": "ERROR",  # each refusal is a line, and there are very many
    }
    there = set(children(os.getpid()))
    with serving(["app", "web"], told) as port:
        started = set(children(os.getpid())) - there
        yield port, [*started, *chain.from_iterable(map(children, started))]


def speak(port: int, mode: Mode, complaints: Sequence[Complaint]) -> None:
    """Each is answered at once, as if nothing else went on; the answer is kept with it."""
    forger = Forger(sender_in(mode), random.Random(0), int(time.time()))
    with closing(Line(port)) as line:
        for one in complaints:
            answer = line.ask(forger.signed(push_of(one)))
            if answer.status == OK:
                one.answers.append(forger.sender.said(answer))  # type: ignore[arg-type]


def rows_of(database: Database) -> Counter[str]:
    with database.reading() as session:
        return Counter(
            {
                table.name: session.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
            }
        )


def memory(processes: Sequence[int]) -> dict[int, float]:
    """What each holds of its own, in MB."""
    found = {}
    for pid in processes:
        status = _ANON.search(Path(f"/proc/{pid}/status").read_text())
        found[pid] = int(status[1]) / 1024 if status else 0.0
    return found
