"""Statements of the hot path: compiled once a dialect, run on the driver's own cursor."""

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Protocol

from sqlalchemy import Connection, Dialect
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.sql.expression import Executable

from models.joint import Joint, joint
from models.plans import Plan


@contextmanager
def hot_cursor(session: Session, connection: Connection) -> Iterator[None]:
    """One driver cursor for all Statements of a transaction; a look-up of it costs 8 µs each."""
    cursor = connection.connection.cursor()
    session.info[Statement] = Direct(cursor, connection.dialect)
    try:
        yield
    finally:
        del session.info[Statement]
        cursor.close()


class Statement:
    """A Core statement compiled once a dialect and run on the driver's own cursor.

    For the hot path alone: one message costs a handful of these. Values are named as the
    statement's bind parameters; rows come back as tuples in the types of their columns.
    """

    def __init__(self, statement: Executable, *, need_not_see: Set[str] = frozenset()) -> None:
        """`need_not_see`: tables of which rows that are left for the end are none it asks for."""
        self._statement = statement
        self._need_not_see = need_not_see
        self._names: dict[str, Set[str]] = {}
        self._plans: dict[str, Plan] = {}
        self._joints: dict[str, Joint | None] = {}

    def run(self, session: Session, **values: Any) -> list[tuple[Any, ...]]:
        way: Way | None = session.info.get(Statement)
        if way is None:
            with hot_cursor(session, session.connection()):
                return self.run(session, **values)
        rows: list[tuple[Any, ...]] = way.ask(self, values)
        return rows

    def run_after_flush(self, session: Session, **values: Any) -> list[tuple[Any, ...]]:
        """Sees what the session still holds, too, as the ORM's own statements do."""
        session.flush()
        return self.run(session, **values)

    def run_each(
        self, session: Session, asked: Sequence[Mapping[str, Any]]
    ) -> Sequence[Sequence[tuple[Any, ...]]]:
        """The rows for each, in one round trip where the store can.

        Of two that change the same row only one may do so.
        """
        if not asked:
            return []
        way: Way | None = session.info.get(Statement)
        if way is None:
            with hot_cursor(session, session.connection()):
                return self.run_each(session, asked)
        rows: list[list[tuple[Any, ...]]] = way.ask_each(self, asked)
        return rows

    def first(self, session: Session, **values: Any) -> tuple[Any, ...] | None:
        rows = self.run(session, **values)
        return rows[0] if rows else None

    def leave(self, session: Session, **values: Any) -> None:
        """Runs it by the end of the transaction, for an UPDATE of which nobody asks what it did."""
        way: Way | None = session.info.get(Statement)
        if not is_left(session, way, self, [values]):
            self.run(session, **values)

    def answer(self, cursor: Any, dialect: Dialect, asked: Any) -> list[tuple[Any, ...]]:
        """The rows for these values."""
        return self._plan(dialect).run(cursor, asked)

    def answer_all(self, cursor: Any, dialect: Dialect, asked: Sequence[Any]) -> list[Any]:
        """The rows for each of several askers, of one statement where that can be."""
        plan = self._plan(dialect)
        if not plan.asked:
            return [plan.run(cursor, {})] * len(asked)
        if dialect.name not in self._joints:
            self._joints[dialect.name] = joint(self._statement, plan.asked, dialect)
        whole = self._joints[dialect.name]
        if whole is None or len(asked) == 1:
            return [plan.run(cursor, values) for values in asked]
        return whole.run(cursor, asked)

    def write(self, cursor: Any, dialect: Dialect, rows: Sequence[Mapping[str, Any]]) -> None:
        """Once with the values of each."""
        plan = self._plan(dialect)
        cursor.executemany(plan.sql, [plan.bind(values) for values in rows])

    @cached_property
    def table_name(self) -> str:
        statement: Any = self._statement
        name: str = statement.table.name
        return name

    def names(self, dialect: Dialect) -> Set[str]:
        """Of the tables that it needs all of, among other words."""
        names = self._names.get(dialect.name)
        if names is None:
            names = self._names[dialect.name] = self._plan(dialect).words - self._need_not_see
        return names

    def _plan(self, dialect: Dialect) -> Plan:
        plan = self._plans.get(dialect.name)
        if plan is None:
            plan = self._plans[dialect.name] = Plan(self._statement, dialect)
        return plan


class Subject(Protocol):
    """What a store is asked: a Statement or an Insertion."""

    def answer(self, cursor: Any, dialect: Dialect, asked: Any) -> Any: ...

    def answer_all(self, cursor: Any, dialect: Dialect, asked: Sequence[Any]) -> list[Any]: ...

    def names(self, dialect: Dialect) -> Set[str]: ...


class Way(Protocol):
    """How a session asks its store."""

    def ask(self, subject: Subject, asked: Any) -> Any: ...

    def ask_each(self, subject: Subject, asked: Sequence[Any]) -> list[Any]: ...


class Leavable(Subject, Protocol):
    """What can be written later."""

    @property
    def table_name(self) -> str: ...

    def write(self, cursor: Any, dialect: Dialect, rows: Sequence[Any]) -> None: ...


class Direct:
    """At once, one after the other, on one driver's cursor.

    While it is `gathering`, rows that nobody asks back for are left for the end and written
    together; or before a statement that may see them.
    """

    def __init__(self, cursor: Any, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self._is_gathering = False
        self._left: dict[Leavable, list[Any]] = {}
        self._tables: set[str] = set()  # of what is left
        self._failure: BaseException | None = None

    def ask(self, subject: Subject, asked: Any) -> Any:
        self._settle_for(subject)
        return subject.answer(self._cursor, self._dialect, asked)

    def ask_each(self, subject: Subject, asked: Sequence[Any]) -> list[Any]:
        self._settle_for(subject)
        return subject.answer_all(self._cursor, self._dialect, asked)

    def _settle_for(self, subject: Subject) -> None:
        if self._tables and not self._tables.isdisjoint(subject.names(self._dialect)):
            self.settle()

    def leave(self, subject: Leavable, rows: Sequence[Any]) -> bool:
        """False when they have to be written now."""
        if self._is_gathering:
            if subject.table_name in self._tables and subject not in self._left:
                self.settle()  # what one table is told in several ways stays in its order
            self._left.setdefault(subject, []).extend(rows)
            self._tables.add(subject.table_name)
        return self._is_gathering

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Nothing is left when it ends; nor is it written, if it ends badly."""
        self._is_gathering, self._failure = True, None
        try:
            yield
            self.settle()
            if self._failure is not None:  # of rows before, met by one who did not mind
                raise self._failure
        finally:
            self._is_gathering = False
            self._take()

    def settle(self) -> None:
        """Writes what is left."""
        for subject, rows in self._take().items():
            try:
                subject.write(self._cursor, self._dialect, rows)
            except BaseException as failure:
                self._failure = failure
                raise

    def _take(self) -> Mapping[Leavable, list[Any]]:
        left, self._left = self._left, {}
        self._tables.clear()
        return left


def is_left(session: Session, way: Way | None, subject: Leavable, rows: Sequence[Any]) -> bool:
    """Whether that is written later; in a nested block it may yet be taken back with it."""
    is_nested = session.in_nested_transaction()
    return not is_nested and isinstance(way, Direct) and way.leave(subject, rows)


class Settling(Session):
    """A session that may ask in ways of its own: what was left for the end is written before."""

    def get_bind(self, *arguments: Any, **named: Any) -> Any:
        self._settle()
        return super().get_bind(*arguments, **named)

    def begin_nested(self) -> SessionTransaction:
        """What is written in it is taken back with it, by Statements too, and nothing else is."""
        self._settle()
        nested = super().begin_nested()
        self.connection()  # else the savepoint would wait until the session itself asks something
        return nested

    def _settle(self) -> None:
        way = self.info.get(Statement)
        if isinstance(way, Direct):
            way.settle()
