"""Sessions and the only two transaction boundaries, `reading()` and `writing()`."""

import enum
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Dialect,
    Enum,
    MetaData,
    TypeDecorator,
)
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Session

from models.busy import busy_mapped, mapped
from models.engines import (
    POOL_SIZE,
    STATEMENT_SECONDS,
    FileGate,
    postgresql_engine,
    sqlite_engine,
)
from models.group_commit import GroupCommit, Turn
from models.lockstep import Lockstep
from models.statements import Direct, Settling, Statement, hot_cursor

Made = TypeVar("Made")

SEEN = "seen"  # in a session's info: what one block has looked up and need not look up again
ASKED = "asked"  # in a session's info: tasks that somebody is told of after the commit
READS = "reads"  # in a session's info: it sees one moment, and changes nothing


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

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        # SQLAlchemy's own formatting for SQLite takes four times as long for the same text.
        return _moment_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Any] | None:
        is_text = dialect.name == "sqlite"
        return _moment_of if is_text else super().result_processor(dialect, coltype)


@lru_cache(1024)  # one message writes its moment a dozen times
def _moment_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    there = value if value.tzinfo is UTC else value.astimezone(UTC)
    return there.isoformat(" ", "microseconds").removesuffix("+00:00")


def _moment_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


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
        self._gate: FileGate | None = None
        self._group: GroupCommit | None = None
        self._lockstep: Lockstep | None = None
        # Told of each task once it is committed, where workers on other hosts can be woken.
        self.ring: Callable[[str, int], None] | None = None
        # What models keep in memory of this store; each session brings it along.
        self.kept: dict[Any, Any] = {}
        if self.is_sqlite:
            path = Path(self.url.database or "")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._gate = FileGate(path.with_name(path.name + ".writer"))
            self.writer = sqlite_engine(address, "BEGIN IMMEDIATE", synchronous, pool_size=1)
            self.reader = sqlite_engine(address, "BEGIN", synchronous, pool_size=POOL_SIZE)
            self._group = GroupCommit(self._gate, lambda: self._turn(self.writer.connect()))
        else:
            self.writer = self.reader = postgresql_engine(
                address, statement_seconds or STATEMENT_SECONDS
            )
            self._lockstep = Lockstep(lambda: self.writer.connect(), {Database: self.kept})

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one moment of the store and can change nothing."""
        kept = {Database: self.kept, READS: True}
        with Session(self.reader, autoflush=False, info=kept) as session:
            if not self.is_sqlite:
                session.connection(execution_options={"postgresql_readonly": True})
            with hot_cursor(session, session.connection()):
                yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that commits when the block ends well and keeps nothing otherwise.

        On SQLite the blocks that wait in one process share a transaction, each in a savepoint.
        Raises StoreBusy when the store can not be had in LOCK_SECONDS.
        """
        begin = self._group.turn if self._group else self._transaction
        with busy_mapped(), begin() as turn, _flushed(turn.session) as session:
            yield session

    def write(self, work: Callable[[Session], Made]) -> Made:
        """Does the work as a block of `writing()`, and returns what it made once that is kept.

        On SQLite it may be done by another thread, which writes just now, in one transaction with
        others. Raises the same.
        """
        with busy_mapped():
            if self._group is not None:
                return self._group.run(partial(_in_block, work))
            [made] = self._all_in_step([work], [None])
            if isinstance(made, BaseException):
                raise made
            return made

    def write_all(
        self, works: Sequence[Callable[[Session], Made]], whose: Sequence[Hashable] = ()
    ) -> list[Made | BaseException]:
        """Does each as a block of its own, with one commit for all.

        PostgreSQL does so only where it is said `whose` they are, each another person's. For each
        what it made, or why it was not kept. Raises StoreBusy.
        """
        if self._group is None and not whose:
            return [self._tried(work) for work in works]
        with busy_mapped():
            if self._group is not None:
                made = self._group.run_all([partial(_in_block, work) for work in works])
            else:
                made = self._all_in_step(works, whose)
        return [mapped(one) if isinstance(one, BaseException) else one for one in made]

    def _tried(self, work: Callable[[Session], Made]) -> Made | BaseException:
        try:
            return self.write(work)
        except Exception as failure:
            return failure

    def _all_in_step(
        self, works: Sequence[Callable[[Session], Made]], whose: Sequence[Hashable]
    ) -> list[Made | BaseException]:
        assert self._lockstep is not None
        asked: list[list[tuple[str, int]]] = [[] for _ in works]
        steps = [partial(_in_session, work, own) for work, own in zip(works, asked, strict=True)]
        made = self._lockstep.run_all(steps, whose)
        for one, own in zip(made, asked, strict=True):
            if not isinstance(one, BaseException):
                self._ring(own)
        return made

    @contextmanager
    def _transaction(self) -> Iterator[Turn]:
        with self.writer.begin() as connection:
            turn = self._turn(connection)
            asked: list[tuple[str, int]] = []
            turn.session.info[ASKED] = asked
            try:
                yield turn
            finally:
                turn.cursor.close()
        self._ring(asked)

    def _ring(self, asked: Sequence[tuple[str, int]]) -> None:
        if self.ring is not None:
            for kind, task_id in asked:
                self.ring(kind, task_id)

    def _turn(self, connection: Connection) -> Turn:
        cursor = connection.connection.cursor()
        way = Direct(cursor, connection.dialect)
        session = Settling(
            connection,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint" if self._group else "rollback_only",
            info={Database: self.kept, Statement: way},
        )
        return Turn(connection, cursor, way, session)

    def clear_log(self) -> None:
        """Moves into SQLite's file what was committed to its log, while others read and write."""
        connection = self.reader.raw_connection()  # in no transaction
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        finally:
            connection.close()

    def dispose(self) -> None:
        """Closes the pools; needed before a fork and at the end of a test."""
        if self._group is not None:
            self._group.drop()
        if self._lockstep is not None:
            self._lockstep.drop()
        self.writer.dispose()
        self.reader.dispose()
        if self._gate is not None:
            self._gate.close()


@contextmanager
def _flushed(session: Session) -> Iterator[Session]:
    """Ends with everything written and nothing held; the connection it joined commits afterwards.

    Statements leave a session untouched, and an untouched one has nothing to write.
    """
    session.info.pop(SEEN, None)
    try:
        yield session
        if session.in_transaction():
            session.commit()
    finally:
        if session.identity_map or session.in_transaction():
            session.close()


def _in_block(work: Callable[[Session], Made], turn: Turn) -> Made:
    with _flushed(turn.session) as session:
        return work(session)


def _in_session(
    work: Callable[[Session], Made], asked: list[tuple[str, int]], session: Session
) -> Made:
    """It may be done twice: what was asked for before is not there."""
    asked.clear()
    session.info[ASKED] = asked
    with _flushed(session):
        return work(session)
