"""Pushes over keep-alive sockets as fast as they are answered, or at a steady rate."""

import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from tests.bench.pushes import Batch

REPLY_SECONDS = 10
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"


@dataclass
class Window:
    """What one stretch of pushing gave."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)  # of answers as they should be
    wrong: list[str] = field(default_factory=list)  # beginnings of the others

    @property
    def rate(self) -> float:
        return len(self.waits) / self.seconds if self.seconds else 0.0


@dataclass
class _Line:
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


@dataclass(frozen=True)
class Closed:
    """Each of so many connections pushes again as soon as it is answered."""

    connections: int
    seconds: float


@dataclass(frozen=True)
class Open:
    """Pushes leave at their times whether or not the earlier ones are answered."""

    rate: int


def push(port: int, batch: Batch, pace: Closed | Open, expected: str) -> Window:
    """From a process of its own, so that the pusher's work is not the caller's."""
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        return pool.submit(_push, port, batch, pace, expected).result()


def _push(port: int, batch: Batch, pace: Closed | Open, expected: str) -> Window:
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


def _connect(selector: selectors.BaseSelector, port: int, count: int) -> Iterable[_Line]:
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), timeout=REPLY_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = _Line(connection)
        selector.register(connection, selectors.EVENT_READ, line)
        yield line


def _closed(
    selector: selectors.BaseSelector,
    idle: deque[_Line],
    requests: deque[bytes],
    pace: Closed,
    pattern: re.Pattern[bytes],
) -> Window:
    window = Window()
    begin = time.perf_counter()
    end = begin + pace.seconds
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
    window.seconds = time.perf_counter() - begin
    return window


def _steady(
    selector: selectors.BaseSelector,
    idle: deque[_Line],
    requests: deque[bytes],
    pace: Open,
    pattern: re.Pattern[bytes],
) -> Window:
    """The wait counts from the moment a push was due, so that a late start hides nothing."""
    window = Window()
    begin = due = time.perf_counter()
    busy = 0
    while requests or busy:
        now = time.perf_counter()
        while requests and idle and due <= now:
            idle.popleft().send(requests.popleft(), due)
            due += 1 / pace.rate
            busy += 1
        pause = max(0.0, due - now) if requests and idle else REPLY_SECONDS
        done = _gather(selector, pattern, window, pause)
        busy -= len(done)
        idle.extend(done)
    window.seconds = time.perf_counter() - begin
    return window


def _gather(
    selector: selectors.BaseSelector,
    pattern: re.Pattern[bytes],
    window: Window,
    pause: float = REPLY_SECONDS,
) -> list[_Line]:
    """The lines whose answers came; waits for the first of them, but no longer than `pause`."""
    done = []
    ready = selector.select(pause)
    if not ready and pause >= REPLY_SECONDS:
        raise TimeoutError("a push was not answered")
    for key, _ in ready:
        line: _Line = key.data
        answer = line.take()
        if answer is None:
            continue
        if answer.startswith(b"HTTP/1.1 200 ") and pattern.search(answer):
            window.waits.append(time.perf_counter() - line.since)
        else:
            window.wrong.append(answer[:400].decode(errors="replace"))
        done.append(line)
    return done
