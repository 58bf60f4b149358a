"""A statement as one dialect's driver takes it: compiled once, past SQLAlchemy's own way."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, Enum
from sqlalchemy.sql.expression import Executable
from sqlalchemy.types import TypeEngine

Binder = Callable[[Any], Any]


class Plan:
    """A statement as one dialect's driver takes it, with what its values go through."""

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        self.sql: str = compiled.string
        self.words = frozenset(re.findall(r"\w+", self.sql))  # the tables' names among them
        names: Sequence[str] | None = compiled.positiontup
        self._place = _placing(names) if names is not None else None
        self.fixed: dict[str, Any] = {}
        self.asked: dict[str, TypeEngine[Any]] = {}
        self.binders: dict[str, Binder] = {}
        for bind, name in compiled.bind_names.items():
            binder = binder_of(bind.type, dialect)
            if bind.required:
                self.asked[name] = bind.type
                if binder:
                    self.binders[name] = binder
            else:
                self.fixed[name] = binder(bind.value) if binder else bind.value
        self._placed_binders = [
            (position, self.binders[name])
            for position, name in enumerate(names or ())
            if name in self.binders
        ]
        columns = getattr(compiled, "_result_columns", None) or []
        # Known from the statement: psycopg makes a description anew for each who asks.
        self._has_rows = bool(columns)
        self.readers = [
            (position, reader)
            for position, column in enumerate(columns)
            if (reader := _reader(column.type, dialect)) is not None
        ]

    def run(self, cursor: Any, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        cursor.execute(self.sql, self.bind(values))
        rows: list[tuple[Any, ...]] = cursor.fetchall() if self._has_rows else []
        if not self.readers or not rows:
            return rows
        return [self._read(row) for row in rows]

    def bind(self, values: Mapping[str, Any]) -> Any:
        bound = values
        if self.fixed or self.binders:
            bound = {**self.fixed, **values}
            for name, binder in self.binders.items():
                bound[name] = binder(bound[name])
        return bound if self._place is None else self._place(bound)

    def bind_rows(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Any]]:
        """The values of a table's rows, for a driver that takes them by place.

        What a row shares with the one before it, as a moment or the words of a message, is bound
        once: the two messages of a report take 3.3 µs, not 5.4.
        """
        assert self._place is not None and not self.fixed
        before: Sequence[Any] = ()
        made: Sequence[Any] = ()
        for row in rows:
            said = self._place(row)
            bound = list(said)
            for position, binder in self._placed_binders:
                value = said[position]
                is_same = made and value is before[position]
                bound[position] = made[position] if is_same else binder(value)
            yield bound
            before, made = said, bound

    def _read(self, row: Sequence[Any]) -> tuple[Any, ...]:
        values = list(row)
        for position, reader in self.readers:
            values[position] = reader(values[position])
        return tuple(values)


def _placing(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    """Puts named values in the order of the statement's marks."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda bound: [bound[name] for name in names]


def binder_of(type_: TypeEngine[Any], dialect: Dialect) -> Binder | None:
    """What a value of this type goes through on its way to the driver."""
    if isinstance(type_, Enum):
        # A word's plain text; one that the column does not know is a KeyError.
        words: dict[str | None, str | None] = {None: None, **{word: word for word in type_.enums}}
        return words.__getitem__
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _reader(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(type_, Enum) and type_.enum_class is not None:
        return {None: None, **{word.value: word for word in type_.enum_class}}.__getitem__
    return type_.dialect_impl(dialect).result_processor(dialect, None)
