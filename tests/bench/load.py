"""Pushes over keep-alive sockets as fast as they are answered, or at a steady rate."""

import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context

from tests.bench.pushes import Batch

REPLY_SECONDS = 10
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"


@dataclass
class Window:
    """What one stretch of pushing gave."""

    began: float = field(default_factory=time.perf_counter)
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)  # of answers as they should be
    dues: list[float] = field(default_factory=list)  # when the push of each of those was due
    wrong: list[str] = field(default_factory=list)  # beginnings of the others

    @property
    def rate(self) -> float:
        return len(self.waits) / self.seconds if self.seconds else 0.0


@dataclass
class Line:
    """A connection, and the push that is on its way over it."""

    connection: socket.socket
    since: float = 0.0
    received: bytes = b""

    def send(self, request: bytes, since: float) -> None:
        self.since, self.received = since, b""
        self.connection.sendall(request)

    def take(self) -> bytes | None:
        """The whole answer once it is here."""
        piece = self.connection.recv(65536)
        if not piece:
            raise ConnectionError("the server hung up")
        self.received += piece
        end = self.received.find(_HEAD_END)
        length = _LENGTH.search(self.received, 0, end) if end >= 0 else None
        if length is None or len(self.received) < end + len(_HEAD_END) + int(length[1]):
            return None
        return self.received

    def answer(self) -> str:
        """Waits for the whole of it."""
        while (answer := self.take()) is None:
            continue
        return answer.decode()


@dataclass(frozen=True)
class Closed:
    """Each of so many connections pushes again as soon as it is answered."""

    connections: int
    seconds: float


@dataclass(frozen=True)
class Open:
    """Pushes leave at their times whether or not the earlier ones are answered."""

    rate: int

    def dues(self) -> Iterator[float]:
        return (number / self.rate for number in count())


@dataclass(frozen=True)
class Rising:
    """As `Open`, so many seconds at each of the rates; its batch has `count` pushes."""

    rates: Sequence[int]
    seconds: int

    @property
    def count(self) -> int:
        return sum(self.rates) * self.seconds

    def dues(self) -> Iterator[float]:
        for step, rate in enumerate(self.rates):
            for number in range(rate * self.seconds):
                yield step * self.seconds + number / rate


def push(port: int, batch: Batch, pace: Closed | Open | Rising, expected: str) -> Window:
    """From a process of its own, so that the pusher's work is not the caller's."""
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        return pool.submit(_push, port, batch, pace, expected).result()


def _push(port: int, batch: Batch, pace: Closed | Open | Rising, expected: str) -> Window:
    requests = deque(batch.requests(port))
    pattern = re.compile(expected.encode())
    lines = pace.connections if isinstance(pace, Closed) else min(len(requests), 200)
    with selectors.DefaultSelector() as selector:
        idle = deque(_connect(selector, port, lines))
        try:
            if isinstance(pace, Closed):
                return _closed(selector, idle, requests, pace, pattern)
            return _steady(selector, idle, requests, pace, pattern)
        finally:
            for key in list(selector.get_map().values()):
                key.data.connection.close()


def connect(port: int) -> Line:
    connection = socket.create_connection(("127.0.0.1", port), timeout=REPLY_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Line(connection)


def _connect(selector: selectors.BaseSelector, port: int, lines: int) -> Iterable[Line]:
    for _ in range(lines):
        line = connect(port)
        selector.register(line.connection, selectors.EVENT_READ, line)
        yield line


def _closed(
    selector: selectors.BaseSelector,
    idle: deque[Line],
    requests: deque[bytes],
    pace: Closed,
    pattern: re.Pattern[bytes],
) -> Window:
    window = Window()
    end = window.began + pace.seconds
    busy = 0
    while True:
        now = time.perf_counter()
        while idle and requests and now < end:
            idle.popleft().send(requests.popleft(), now)
            busy += 1
        if not busy:
            break
        done = _gather(selector, pattern, window)
        busy -= len(done)
        idle.extend(done)
    window.seconds = time.perf_counter() - window.began
    return window


def _steady(
    selector: selectors.BaseSelector,
    idle: deque[Line],
    requests: deque[bytes],
    pace: Open | Rising,
    pattern: re.Pattern[bytes],
) -> Window:
    """The wait counts from the moment a push was due, so that a late start hides nothing."""
    window = Window()
    dues = (window.began + one for one in pace.dues())
    due = next(dues)
    busy = 0
    while requests or busy:
        now = time.perf_counter()
        while requests and idle and due <= now:
            idle.popleft().send(requests.popleft(), due)
            due = next(dues, due)
            busy += 1
        pause = max(0.0, due - now) if requests and idle else REPLY_SECONDS
        done = _gather(selector, pattern, window, pause)
        busy -= len(done)
        idle.extend(done)
    window.seconds = time.perf_counter() - window.began
    return window


def _gather(
    selector: selectors.BaseSelector,
    pattern: re.Pattern[bytes],
    window: Window,
    pause: float = REPLY_SECONDS,
) -> list[Line]:
    """The lines whose answers came; waits for the first of them, but no longer than `pause`."""
    done = []
    ready = selector.select(pause)
    if not ready and pause >= REPLY_SECONDS:
        raise TimeoutError("a push was not answered")
    for key, _ in ready:
        line: Line = key.data
        answer = line.take()
        if answer is None:
            continue
        if answer.startswith(b"HTTP/1.1 200 ") and pattern.search(answer):
            window.waits.append(time.perf_counter() - line.since)
            window.dues.append(line.since)
        else:
            window.wrong.append(answer[:400].decode(errors="replace"))
        done.append(line)
    return done
