"""One process that writes for all web processes of a machine: one warm cache, one commit."""

import os
import selectors
import socket
import struct
import threading
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from functools import partial

import structlog
from msgspec import MsgspecError, Struct
from msgspec.msgpack import Decoder, Encoder

from app.logs import fault
from app.wechat.intake import Delivery, Desk
from bots.dialogue import Heard
from models.base import Database
from models.engines import LOCK_SECONDS
from models.errors import StoreBusy
from models.inbox import Received

# Of one commit: half of what two web processes have under way, so that they have work meanwhile.
MOST_JOBS = 16
MOST_BYTES = 64 * 1024  # of a job; what is larger is written where it was heard
LOOK_SECONDS = 1.0
PATIENCE = struct.pack("ll", int(LOCK_SECONDS), int(LOCK_SECONDS % 1 * 1_000_000))

log = structlog.get_logger(__name__)

Job = tuple[Delivery, Heard]
Asked = tuple[socket.socket, Job]
Write = Callable[[Delivery, Heard], Received]


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
                self._ready.register(self._listener.accept()[0], selectors.EVENT_READ)
            else:
                assert isinstance(key.fileobj, socket.socket)
                clients.append(key.fileobj)
        for first in range(0, len(clients), MOST_JOBS):
            self._serve(clients[first : first + MOST_JOBS])

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


class WriterClient:
    """写入进程的客户 — has the writer keep what was heard; each thread on its own connection."""

    def __init__(self, address: str, write_here: Write) -> None:
        self._address = address
        self._write_here = write_here
        self._own = threading.local()

    def write(self, delivery: Delivery, heard: Heard) -> Received:
        """Raises StoreBusy, and FailedElsewhere."""
        job = _pack((delivery, heard))
        if len(job) > MOST_BYTES:
            return self._write_here(delivery, heard)
        try:
            ended = self._ask(job)
        except BlockingIOError as late:  # it may yet be done; a repeat will find it
            self.hang_up()
            raise StoreBusy("the writer") from late
        except OSError:  # it has ended; if it kept the message before, that is found as a repeat
            self.hang_up()
            return self._write_here(delivery, heard)
        if ended.received is not None:
            return ended.received
        raise StoreBusy("the writer") if ended.is_busy else FailedElsewhere

    def _ask(self, job: bytes) -> Ended:
        connection = self._connection()
        connection.send(job)
        if not (answer := connection.recv(MOST_BYTES)):
            raise ConnectionResetError
        return _read_ended(answer)

    def _connection(self) -> socket.socket:
        connection: socket.socket | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            # Python's own time limit would look before each call whether it can be made.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, PATIENCE)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, PATIENCE)
            connection.connect(self._address)
        return connection

    def hang_up(self) -> None:
        """Closes this thread's connection, if it has one."""
        connection: socket.socket | None = self._own.__dict__.pop("connection", None)
        if connection is not None:
            connection.close()
