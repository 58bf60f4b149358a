"""Statements of the hot path: compiled once a dialect, run on the driver's own cursor."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from sqlalchemy import Connection, Dialect
from sqlalchemy.orm import Session
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

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
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

    def first(self, session: Session, **values: Any) -> tuple[Any, ...] | None:
        rows = self.run(session, **values)
        return rows[0] if rows else None

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

    def _plan(self, dialect: Dialect) -> Plan:
        plan = self._plans.get(dialect.name)
        if plan is None:
            plan = self._plans[dialect.name] = Plan(self._statement, dialect)
        return plan


class Subject(Protocol):
    """What a store is asked: a Statement or an Insertion."""

    def answer(self, cursor: Any, dialect: Dialect, asked: Any) -> Any: ...

    def answer_all(self, cursor: Any, dialect: Dialect, asked: Sequence[Any]) -> list[Any]: ...


class Way(Protocol):
    """How a session asks its store."""

    def ask(self, subject: Subject, asked: Any) -> Any: ...


class Direct:
    """At once, one after the other, on one driver's cursor."""

    def __init__(self, cursor: Any, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect

    def ask(self, subject: Subject, asked: Any) -> Any:
        return subject.answer(self._cursor, self._dialect, asked)
