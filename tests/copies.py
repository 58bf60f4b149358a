"""What a store held at one moment, put into another one in a tenth of the time of making it."""

import sqlite3
from collections.abc import Callable, Hashable, Iterator
from contextlib import closing, contextmanager

import psycopg

from models.base import Database
from models.migrate import migrate
from models.sealing import KEYRING

_NO_ROWS = 21  # bytes of COPY's binary form: its head and its end


class SqliteCopy:
    """Every page of the file."""

    def __init__(self, store: Database) -> None:
        self._kept = sqlite3.connect(":memory:")
        with closing(_file(store)) as file:
            file.backup(self._kept)

    def put_into(self, store: Database) -> None:
        with closing(_file(store)) as file:
            self._kept.backup(file)


class PostgresqlCopy:
    """Every row, and how far every sequence is; the other store has the same tables."""

    def __init__(self, store: Database) -> None:
        with _cursor(store) as cursor:
            self.tables = tables(cursor)
            read = {table: _rows(cursor, table) for table in sorted(self.tables)}
            cursor.execute("SELECT sequencename, last_value FROM pg_sequences")
            self._last = [(name, last) for name, last in cursor if last is not None]
        self._rows = {table: rows for table, rows in read.items() if len(rows) > _NO_ROWS}

    def fits(self, store: Database) -> bool:
        with _cursor(store) as cursor:
            return tables(cursor) == self.tables

    def put_into(self, store: Database) -> None:
        with _cursor(store) as cursor:
            # Neither triggers nor foreign keys, so that the order of tables does not matter.
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("; ".join(f"DELETE FROM {table}" for table in self.tables))
            for table, rows in self._rows.items():
                with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
                    copy.write(rows)
            cursor.execute(
                "SELECT setval(sequencename::regclass, start_value, false)"
                " FROM pg_sequences WHERE last_value IS NOT NULL"
            )
            cursor.executemany("SELECT setval(%s::regclass, %s)", self._last)


# What was made first, by kind of store, data key of personal columns and name.
_kept: dict[tuple[bool, str, Hashable], SqliteCopy | PostgresqlCopy] = {}


def once(store: Database, name: Hashable, make: Callable[[Database], object]) -> None:
    """The store as `make` leaves it, and nothing else; made the first time and copied later."""
    kept = store.is_sqlite, KEYRING.search_hash(""), name
    if kept in _kept:
        _kept[kept].put_into(store)
    else:
        make(store)
        _kept[kept] = (SqliteCopy if store.is_sqlite else PostgresqlCopy)(store)


def migrated(store: Database) -> None:
    """An empty store of SQLite's with every migration; for those that are about something else."""
    once(store, "migrated", migrate)


def tables(cursor: psycopg.Cursor) -> set[str]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in cursor}


def _rows(cursor: psycopg.Cursor, table: str) -> bytes:
    with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copy:
        return b"".join(copy)


def _file(store: Database) -> sqlite3.Connection:
    file = sqlite3.connect(str(store.url.database))
    file.execute("PRAGMA synchronous = OFF")  # a copy is made again when the machine fails
    return file


@contextmanager
def _cursor(store: Database) -> Iterator[psycopg.Cursor]:
    """The driver's own, for COPY; what is done with it is one transaction."""
    connection = store.writer.raw_connection()
    try:
        with connection.driver_connection.cursor() as cursor:
            yield cursor
        connection.commit()
    finally:
        connection.close()
