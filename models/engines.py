"""Engines and locks of the two stores, with the time limits that keep them answering."""

import fcntl
import os
import select
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec.json import Decoder, Encoder
from sqlalchemy import Connection, Engine, create_engine, event

from models.errors import StoreBusy

LOCK_SECONDS = 2.5
STATEMENT_SECONDS = 3.0
POOL_SIZE = 10
WAL_PAGES = 8000  # 32 MB between checkpoints; at SQLite's own 1000 a commit costs twice as much
GATE_PAUSE_SECONDS = 0.005  # about as long as one transaction of several blocks
MAPPED_BYTES = 1 << 30
BELL_BYTES = 65536  # as many as a pipe holds


_written = Encoder().encode


def _json_text(value: Any) -> str:
    return _written(value).decode()


# A report writes half a dozen JSON columns; the standard library takes four times as long for one.
JSON_WAYS = {"json_serializer": _json_text, "json_deserializer": Decoder().decode}


# Nothing stays nothing: SQLite's driver else looks at each None for a way to adapt it, 0.25 µs.
sqlite3.register_adapter(type(None), {None: None}.__getitem__)


class FileGate:
    """Lets one writer of all processes in at a time.

    SQLite's own polling sleeps ever longer: p99 was 124 ms against 16 ms with this gate. The
    kernel drops the lock when a process dies. Who leaves puts a byte into a pipe, so that who
    waits need not sleep the rest of a pause.
    """

    def __init__(self, path: Path) -> None:
        self._lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        bell = path.with_name(path.name + "-bell")
        with suppress(FileExistsError):
            os.mkfifo(bell, 0o600)
        self._bell = os.open(bell, os.O_RDWR | os.O_NONBLOCK)

    def enter(self) -> None:
        """By one thread at a time. Raises StoreBusy after LOCK_SECONDS."""
        deadline = time.monotonic() + LOCK_SECONDS
        while not self._try():
            if time.monotonic() > deadline:
                raise StoreBusy
            # With a limit, for another one who waits may have taken the byte, or the last writer
            # was killed and put none there.
            select.select([self._bell], [], [], GATE_PAUSE_SECONDS)
            with suppress(BlockingIOError):
                os.read(self._bell, BELL_BYTES)

    def leave(self) -> None:
        fcntl.flock(self._lock, fcntl.LOCK_UN)
        with suppress(BlockingIOError):  # full of bytes that nobody waited for
            os.write(self._bell, b".")

    def _try(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            os.close(self._bell)
            self._lock = self._bell = -1


def sqlite_engine(address: str, begin: str, synchronous: str, pool_size: int) -> Engine:
    engine = create_engine(
        address,
        pool_size=pool_size,
        # The writer's one is kept by the shared transactions; migrations and tools need another.
        max_overflow=1 if pool_size == 1 else POOL_SIZE,
        connect_args={"timeout": LOCK_SECONDS, "check_same_thread": False},
        **JSON_WAYS,
    )

    @event.listens_for(engine, "connect")
    def prepare(dbapi_connection: Any, _: object) -> None:
        # The driver must open no transaction of its own; ours begin in the hook below.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.execute("PRAGMA cache_size = -65536")
        cursor.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        cursor.execute("PRAGMA temp_store = MEMORY")
        # Another process's commit empties the page cache; pages of the file itself need no copy.
        cursor.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
        if begin == "BEGIN":
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def open_transaction(connection: Connection) -> None:
        # Past SQLAlchemy's own way to run a statement, which takes ten times as long.
        connection.connection.cursor().execute(begin).close()

    return engine


def postgresql_engine(address: str, statement_seconds: float) -> Engine:
    options = (
        f"-c jit=off -c lock_timeout={int(LOCK_SECONDS * 1000)}"
        f" -c statement_timeout={int(statement_seconds * 1000)} -c timezone=UTC"
    )
    return create_engine(
        address,
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        pool_pre_ping=True,
        connect_args={"options": options, "prepare_threshold": 1},
        **JSON_WAYS,
    )
