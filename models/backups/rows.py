"""Rows in the form a backup keeps them: one JSON array a line, the same from both stores."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import Connection, inspect, types

PIECE = 2000  # rows at a time

# The reference token is made anew with its table and with every change of what it watches.
NOT_DATA = frozenset({"alembic_version", "reference_token"})

Value = str | int | float | None


class Kind(StrEnum):
    """列类型 — what has a form of its own in each store."""

    MOMENT = "moment"
    DATE = "date"
    FLAG = "flag"
    JSON = "json"
    BYTES = "bytes"
    TEXT = "text"
    PLAIN = "plain"


_KINDS: tuple[tuple[type[types.TypeEngine[Any]], Kind], ...] = (
    (types.DateTime, Kind.MOMENT),
    (types.Date, Kind.DATE),
    (types.Boolean, Kind.FLAG),
    (types.JSON, Kind.JSON),
    (types.LargeBinary, Kind.BYTES),
    (types.String, Kind.TEXT),
)

# How each store is asked for the form of the backup, which is SQLite's own but for bytes in hex.
_ASKED = {
    "sqlite": {
        Kind.JSON: "CAST({} AS TEXT)",
        Kind.BYTES: "CASE WHEN {0} IS NOT NULL THEN lower(hex({0})) END",
    },
    "postgresql": {
        Kind.MOMENT: "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
        Kind.DATE: "CAST({} AS text)",
        Kind.FLAG: "CAST({} AS integer)",
        Kind.JSON: "CAST({} AS text)",
        Kind.BYTES: "encode({}, 'hex')",
    },
}
# By their bytes, as SQLite sorts text; PostgreSQL would go by the language of the machine.
_SORTED = {"sqlite": "{}", "postgresql": '{} COLLATE "C"'}
_BYTES: dict[str, Callable[[str], object]] = {
    "sqlite": bytes.fromhex,
    "postgresql": "\\x".__add__,
}


@dataclass(frozen=True)
class Shape:
    """表结构 — a table's columns in order, by what orders its rows."""

    name: str
    columns: dict[str, Kind]
    key: tuple[str, ...]

    def in_order(self, columns: Sequence[str]) -> "Shape":
        return Shape(self.name, {name: self.columns[name] for name in columns}, self.key)


def shapes(connection: Connection) -> list[Shape]:
    """Every table that holds data of the house, by name."""
    catalogue = inspect(connection)
    columns = catalogue.get_multi_columns()
    keys = catalogue.get_multi_pk_constraint()
    return [
        Shape(
            place[1],
            {one["name"]: _kind(one["type"]) for one in columns[place]},
            tuple(keys[place]["constrained_columns"]),
        )
        for place in sorted(columns)
        if place[1] not in NOT_DATA
    ]


def _kind(column_type: types.TypeEngine[Any]) -> Kind:
    return next((kind for known, kind in _KINDS if isinstance(column_type, known)), Kind.PLAIN)


def lines(connection: Connection, shape: Shape) -> Iterator[bytes]:
    """Every row, in the order of its key."""
    dialect = connection.dialect
    quote, asked = dialect.identifier_preparer.quote, _ASKED[dialect.name]
    columns = (asked.get(kind, "{}").format(quote(name)) for name, kind in shape.columns.items())
    order = (
        (_SORTED[dialect.name] if shape.columns[name] is Kind.TEXT else "{}").format(quote(name))
        for name in shape.key
    )
    found = connection.exec_driver_sql(
        f"SELECT {', '.join(columns)} FROM {quote(shape.name)} ORDER BY {', '.join(order)}",
        execution_options={"stream_results": True, "yield_per": PIECE},
    )
    for row in found:
        yield to_json(tuple(row)) + b"\n"


def put(connection: Connection, shape: Shape, kept: Iterable[bytes]) -> None:
    """Every line as a row of the table, whose columns it has in the order of the shape."""
    _PUT[connection.dialect.name](connection, shape, _values(connection, shape, kept))


def _values(connection: Connection, shape: Shape, kept: Iterable[bytes]) -> Iterator[list[Any]]:
    bytes_of = _BYTES[connection.dialect.name]
    in_hex = [place for place, kind in enumerate(shape.columns.values()) if kind is Kind.BYTES]
    for line in kept:
        values: list[Any] = from_json(line)
        for place in in_hex:
            if values[place] is not None:
                values[place] = bytes_of(values[place])
        yield values


def _put_into_sqlite(connection: Connection, shape: Shape, values: Iterable[list[Any]]) -> None:
    places = ", ".join("?" * len(shape.columns))
    cursor = connection.connection.cursor()
    cursor.executemany(f"INSERT INTO {_named(connection, shape)} VALUES ({places})", values)  # type: ignore[arg-type]
    cursor.close()


def _put_into_postgresql(connection: Connection, shape: Shape, values: Iterable[list[Any]]) -> None:
    driver: Any = connection.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {_named(connection, shape)} FROM STDIN") as copy,
    ):
        for row in values:
            copy.write_row(row)


def _named(connection: Connection, shape: Shape) -> str:
    quote = connection.dialect.identifier_preparer.quote
    return f"{quote(shape.name)} ({', '.join(map(quote, shape.columns))})"


_PUT = {"sqlite": _put_into_sqlite, "postgresql": _put_into_postgresql}
