"""Statements of the hot path: compiled once a dialect, run on the driver's own cursor."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Enum
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import Executable
from sqlalchemy.types import TypeEngine


@contextmanager
def hot_cursor(session: Session, connection: Connection) -> Iterator[None]:
    """One driver cursor for all Statements of a transaction; a look-up of it costs 8 µs each."""
    cursor = connection.connection.cursor()
    session.info[Statement] = cursor, connection.dialect
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

    def run(self, session: Session, **values: Any) -> list[tuple[Any, ...]]:
        hot = session.info.get(Statement)
        if hot is None:
            with hot_cursor(session, session.connection()):
                return self.run(session, **values)
        return self._plan(hot[1]).run(hot[0], values)

    def _plan(self, dialect: Dialect) -> "Plan":
        plan = self._plans.get(dialect.name)
        if plan is None:
            plan = self._plans[dialect.name] = Plan(self._statement, dialect)
        return plan

    def first(self, session: Session, **values: Any) -> tuple[Any, ...] | None:
        rows = self.run(session, **values)
        return rows[0] if rows else None


class Plan:
    """A statement as one dialect's driver takes it, with what its values go through."""

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        self.sql: str = compiled.string
        names: Sequence[str] | None = compiled.positiontup
        self.place = _placing(names) if names is not None else None
        self.fixed: dict[str, Any] = {}
        self.binders: dict[str, Callable[[Any], Any]] = {}
        for bind, name in compiled.bind_names.items():
            binder = _binder(bind.type, dialect)
            if not bind.required:
                self.fixed[name] = binder(bind.value) if binder else bind.value
            elif binder:
                self.binders[name] = binder
        columns = getattr(compiled, "_result_columns", None) or []
        self.readers = [
            (position, reader)
            for position, column in enumerate(columns)
            if (reader := _reader(column.type, dialect)) is not None
        ]

    def run(self, cursor: Any, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        cursor.execute(self.sql, self.bind(values))
        rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
        if not self.readers or not rows:
            return rows
        return [self._read(row) for row in rows]

    def bind(self, values: Mapping[str, Any]) -> Any:
        bound = {**self.fixed, **values}
        for name, binder in self.binders.items():
            bound[name] = binder(bound[name])
        return bound if self.place is None else self.place(bound)

    def _read(self, row: Sequence[Any]) -> tuple[Any, ...]:
        values = list(row)
        for position, reader in self.readers:
            values[position] = reader(values[position])
        return tuple(values)


def _placing(names: Sequence[str]) -> Callable[[dict[str, Any]], Sequence[Any]]:
    """Puts named values in the order of the statement's marks."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda bound: [bound[name] for name in names]


def _binder(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(type_, Enum):
        # A word's plain text; one that the column does not know is a KeyError.
        words: dict[str | None, str | None] = {None: None, **{word: word for word in type_.enums}}
        return words.__getitem__
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _reader(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(type_, Enum) and type_.enum_class is not None:
        return {None: None, **{word.value: word for word in type_.enum_class}}.__getitem__
    return type_.dialect_impl(dialect).result_processor(dialect, None)
