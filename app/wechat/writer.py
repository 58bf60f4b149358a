"""One process that writes for all web processes of a machine: one warm cache, one commit."""

import os
import selectors
import socket
import time
from asyncio import Future, TimerHandle, get_running_loop
from collections.abc import Hashable, Sequence
from contextlib import suppress
from functools import partial

import structlog
from msgspec import MsgspecError, Struct
from msgspec.msgpack import Decoder, Encoder

from app.logs import fault
from app.wechat.intake import Delivery, Desk, Write
from bots.dialogue import Heard
from models.base import Database
from models.engines import LOCK_SECONDS
from models.errors import StoreBusy
from models.inbox import Received

# Of one commit: the fewer commits, the fewer pages are written to the log. It takes some 30 ms.
MOST_JOBS = 64
MOST_BYTES = 64 * 1024  # of a job; what is larger is written where it was heard
LOOK_SECONDS = 1.0
PATIENCE_SECONDS = LOCK_SECONDS  # with a writer that does not answer

log = structlog.get_logger(__name__)

Job = tuple[Delivery, Heard]
Asked = tuple[socket.socket, Job]


class Ended(Struct, array_like=True):
    """结果 — the message as it was kept; none when it was not, because of a fault or for now."""

    received: Received | None = None
    is_busy: bool = False


_pack = Encoder().encode
_read_job = Decoder(Job).decode
_read_ended = Decoder(Ended).decode


class FailedElsewhere(Exception):
    """The work failed in the process that writes; its own log says where."""


class Writer:
    """写入进程 — takes jobs from a socket, does those that wait in one transaction, and answers.

    Nobody depends on it: who gets no answer writes for themselves, or has the platform repeat
    the message. It ends when the process that started it has ended.
    """

    def __init__(self, listener: socket.socket, database: Database, desk: Desk) -> None:
        listener.setblocking(False)
        self._listener = listener
        self._database = database
        self._desk = desk
        self.asked = 0  # how many jobs so far
        self._ready = selectors.DefaultSelector()
        self._ready.register(listener, selectors.EVENT_READ)

    def serve(self) -> None:
        parent = os.getppid()
        while os.getppid() == parent:
            self.look(LOOK_SECONDS)

    def look(self, seconds: float) -> None:
        """Waits that long for jobs, and does those that are there."""
        clients: list[socket.socket] = []
        for key, _ in self._ready.select(seconds):
            if key.fileobj is self._listener:
                self._accept()
            else:
                assert isinstance(key.fileobj, socket.socket)
                clients.append(key.fileobj)
        for first in range(0, len(clients), MOST_JOBS):
            self._serve(clients[first : first + MOST_JOBS])

    def _accept(self) -> None:
        """Everybody who waits to be let in."""
        with suppress(BlockingIOError):
            while True:
                self._ready.register(self._listener.accept()[0], selectors.EVENT_READ)

    def _serve(self, clients: Sequence[socket.socket]) -> None:
        asked = [(client, job) for client in clients if (job := self._job(client)) is not None]
        self.asked += len(asked)
        for together in _apart(asked):
            ends = self._ends([job for _, job in together])
            for (client, _), ended in zip(together, ends, strict=True):
                try:
                    client.send(_pack(ended))
                except OSError:
                    self._forget(client)

    def _job(self, client: socket.socket) -> Job | None:
        with suppress(ConnectionError):  # killed before it read its answer
            if packed := client.recv(MOST_BYTES):
                try:
                    return _read_job(packed)
                except MsgspecError as failure:
                    log.error("job_unreadable", **fault(failure))
        self._forget(client)
        return None

    def close(self) -> None:
        """Hangs up on everybody."""
        for key in list(self._ready.get_map().values()):
            self._ready.unregister(key.fileobj)
            if isinstance(key.fileobj, socket.socket) and key.fileobj is not self._listener:
                key.fileobj.close()
        self._ready.close()

    def _forget(self, client: socket.socket) -> None:
        self._ready.unregister(client)
        client.close()

    def _ends(self, jobs: Sequence[Job]) -> list[Ended]:
        takes = [partial(self._desk.take, delivery, heard) for delivery, heard in jobs]
        try:
            made = self._database.write_all(takes)
        except Exception as failure:
            made = [failure] * len(jobs)
        requests = [delivery.request for delivery, _ in jobs]
        return [_ended(one, request) for one, request in zip(made, requests, strict=True)]


def _apart(asked: Sequence[Asked]) -> list[list[Asked]]:
    """Deliveries of one message one after the other: together the second would be worked on, too,
    and found to be one as late as the rows of all are written."""
    rounds: list[dict[Hashable, Asked]] = []
    for one in asked:
        message = one[1][0].message
        key = message.account, message.openid, message.key
        free = next((some for some in rounds if key not in some), None)
        if free is None:
            rounds.append(free := {})
        free[key] = one
    return [list(some.values()) for some in rounds]


def _ended(made: Received | BaseException, request: str) -> Ended:
    if isinstance(made, Received):
        return Ended(made)
    if isinstance(made, StoreBusy):
        return Ended(is_busy=True)
    log.error("work_failed", request=request, **fault(made))
    log.debug("work_failed_because", exc_info=made)
    return Ended()


class _Line:
    """线路 — a connection to the writer, for one job at a time."""

    __slots__ = ("connection", "ended", "since")

    ended: Future[bytes]
    since: float

    def __init__(self, address: str) -> None:
        self.connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self.connection.setblocking(False)
            self.connection.connect(address)
        except BaseException:
            self.connection.close()
            raise

    def ask(self, job: bytes, ended: "Future[bytes]") -> None:
        self.ended, self.since = ended, time.monotonic()
        self.connection.send(job)


class WriterClient:
    """写入进程的客户 — has the writer keep what was heard; of one loop, whose pushes wait here."""

    def __init__(self, address: str, write_here: Write) -> None:
        self._address = address
        self._write_here = write_here
        self._idle: list[_Line] = []
        self._asking: set[_Line] = set()
        self._looks: TimerHandle | None = None

    async def write(self, delivery: Delivery, heard: Heard) -> Received:
        """Raises StoreBusy, and FailedElsewhere."""
        job = _pack((delivery, heard))
        if len(job) > MOST_BYTES:
            return await self._write_here(delivery, heard)
        try:
            ended = _read_ended(await self._ask(job))
        except BlockingIOError as late:  # it may yet be done; a repeat will find it
            raise StoreBusy("the writer") from late
        except OSError:  # it has ended; if it kept the message before, that is found as a repeat
            return await self._write_here(delivery, heard)
        if ended.received is not None:
            return ended.received
        raise StoreBusy("the writer") if ended.is_busy else FailedElsewhere

    async def _ask(self, job: bytes) -> bytes:
        loop = get_running_loop()
        if self._idle:
            line = self._idle.pop()
        else:
            line = _Line(self._address)
            loop.add_reader(line.connection, self._hear, line)
        self._asking.add(line)
        if self._looks is None:
            self._looks = loop.call_later(PATIENCE_SECONDS, self._look)
        ended: Future[bytes] = loop.create_future()
        try:
            line.ask(job, ended)
        except OSError:
            self._drop(line)
            raise
        return await ended

    def _hear(self, line: _Line) -> None:
        try:
            answer = line.connection.recv(MOST_BYTES)
        except BlockingIOError:
            return
        except OSError as failure:
            self._lose(line, failure)
            return
        if not answer:
            self._lose(line, ConnectionResetError())
        elif line in self._asking:
            self._asking.remove(line)
            self._idle.append(line)
            if not line.ended.done():
                line.ended.set_result(answer)

    def _look(self) -> None:
        """Who has waited too long is told so; their answer would come to nobody."""
        self._looks = None
        since = time.monotonic() - PATIENCE_SECONDS
        for line in [one for one in self._asking if one.since <= since]:
            self._lose(line, BlockingIOError())
        if self._asking:
            self._looks = get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _lose(self, line: _Line, failure: OSError) -> None:
        was_asking = line in self._asking
        self._drop(line)
        if was_asking and not line.ended.done():
            line.ended.set_exception(failure)

    def _drop(self, line: _Line) -> None:
        self._asking.discard(line)
        if line in self._idle:
            self._idle.remove(line)
        get_running_loop().remove_reader(line.connection)
        line.connection.close()

    def hang_up(self) -> None:
        """Closes what is open; nobody may be waiting."""
        for line in [*self._idle, *self._asking]:
            self._drop(line)
        if self._looks is not None:
            self._looks.cancel()
            self._looks = None
