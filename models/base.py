"""Sessions and the only two transaction boundaries, `reading()` and `writing()`."""

import enum
import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    MetaData,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.expression import Executable

from models.errors import StoreBusy

LOCK_SECONDS = 2.5
STATEMENT_SECONDS = 3.0
POOL_SIZE = 10
GATE_PAUSE_SECONDS = 0.0005  # about as long as one short transaction


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment; kept in UTC. A naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The declarative base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        # Words, not numbers and not the database's own enum: a new word needs no migration.
        enum.StrEnum: Enum(
            enum.StrEnum,
            native_enum=False,
            length=32,
            values_callable=lambda words: [word.value for word in words],
        ),
    }


class Database:
    """One store: a pool for reading and one for writing."""

    def __init__(
        self, address: str, *, synchronous: str = "FULL", statement_seconds: float | None = None
    ) -> None:
        self.url = make_url(address)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._gate: _FileGate | None = None
        if self.is_sqlite:
            path = Path(self.url.database or "")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._gate = _FileGate(path.with_name(path.name + ".writer"))
            self.writer = _sqlite_engine(address, "BEGIN IMMEDIATE", synchronous, pool_size=1)
            self.reader = _sqlite_engine(address, "BEGIN", synchronous, pool_size=POOL_SIZE)
        else:
            self.writer = self.reader = _postgresql_engine(
                address, statement_seconds or STATEMENT_SECONDS
            )

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one moment of the store and can change nothing."""
        with Session(self.reader, autoflush=False) as session:
            if not self.is_sqlite:
                session.connection(execution_options={"postgresql_readonly": True})
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that commits when the block ends well and keeps nothing otherwise.

        Raises StoreBusy when the store can not be had in LOCK_SECONDS.
        """
        with (
            self._gate or nullcontext(),
            _busy_mapped(),
            Session(self.writer, expire_on_commit=False) as session,
        ):
            yield session
            session.commit()

    def dispose(self) -> None:
        """Closes the pools; needed before a fork and at the end of a test."""
        self.writer.dispose()
        self.reader.dispose()
        if self._gate is not None:
            self._gate.close()


class _FileGate:
    """Lets one writer of all processes in at a time.

    SQLite's own polling sleeps ever longer: p99 was 124 ms against 16 ms with this gate. The
    kernel drops the lock when a process dies.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._thread_lock = threading.Lock()

    def __enter__(self) -> None:
        deadline = time.monotonic() + LOCK_SECONDS
        if not self._thread_lock.acquire(timeout=LOCK_SECONDS):
            raise StoreBusy
        while not self._try():
            if time.monotonic() > deadline:
                self._thread_lock.release()
                raise StoreBusy
            time.sleep(GATE_PAUSE_SECONDS)

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        self._thread_lock.release()

    def _try(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@contextmanager
def _busy_mapped() -> Iterator[None]:
    try:
        yield
    except (OperationalError, sqlite3.OperationalError, psycopg.OperationalError) as failure:
        # The driver's own errors too: a Statement runs on its cursor, past SQLAlchemy.
        text = str(failure)
        if "locked" in text or "timeout" in text or "busy" in text:
            raise StoreBusy(type(failure).__name__) from failure
        raise


def _sqlite_engine(address: str, begin: str, synchronous: str, pool_size: int) -> Engine:
    engine = create_engine(
        address,
        pool_size=pool_size,
        max_overflow=0 if pool_size == 1 else POOL_SIZE,
        connect_args={"timeout": LOCK_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(dbapi_connection: Any, _: object) -> None:
        # The driver must open no transaction of its own; ours begin in the hook below.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.execute("PRAGMA cache_size = -65536")
        cursor.execute("PRAGMA temp_store = MEMORY")
        if begin == "BEGIN":
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def open_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgresql_engine(address: str, statement_seconds: float) -> Engine:
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
    )


class Statement:
    """A Core statement compiled once a dialect and run on the driver's own cursor.

    For the hot path alone: one message costs a handful of these. Values are named as the
    statement's bind parameters; rows come back as tuples in the types of their columns.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._plans: dict[str, _Plan] = {}

    def run(self, session: Session, **values: Any) -> list[tuple[Any, ...]]:
        connection = session.connection()
        dialect = connection.dialect
        plan = self._plans.get(dialect.name)
        if plan is None:
            plan = self._plans[dialect.name] = _Plan(self._statement, dialect)
        return plan.run(connection, values)

    def first(self, session: Session, **values: Any) -> tuple[Any, ...] | None:
        rows = self.run(session, **values)
        return rows[0] if rows else None


class _Plan:
    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        self.sql: str = compiled.string
        self.names: Sequence[str] | None = compiled.positiontup
        self.fixed: dict[str, Any] = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required
        }
        self.binders: dict[str, Callable[[Any], Any]] = {
            name: processor
            for name, bind in compiled.binds.items()
            if (processor := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        columns = getattr(compiled, "_result_columns", None) or []
        self.readers = [
            (position, reader)
            for position, column in enumerate(columns)
            if (reader := column.type.dialect_impl(dialect).result_processor(dialect, None))
        ]

    def run(self, connection: Connection, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        bound = {**self.fixed, **values}
        for name, binder in self.binders.items():
            bound[name] = binder(bound[name])
        parameters: Any = bound if self.names is None else [bound[name] for name in self.names]
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self.sql, parameters)
            rows = cursor.fetchall() if cursor.description else []
        finally:
            cursor.close()
        if not self.readers or not rows:
            return list(rows)
        return [self._read(row) for row in rows]

    def _read(self, row: Sequence[Any]) -> tuple[Any, ...]:
        values = list(row)
        for position, reader in self.readers:
            values[position] = reader(values[position])
        return tuple(values)
