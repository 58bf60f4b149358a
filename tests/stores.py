"""Stores for test after test: each test finds one as new, and its statements compiled already."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import Engine, make_url

from models.base import Base, Database
from tests.copies import PostgresqlCopy


def _warmed(store: Database, warm: Database) -> Database:
    """The store over engines that have met most statements; to compile one takes a millisecond."""
    engines: dict[Engine, Engine] = {}
    for engine in (warm.writer, warm.reader):
        # The same pool and statements, but whoever listens to this one hears no other test.
        engines.setdefault(engine, engine.execution_options())
    store.writer, store.reader = engines[warm.writer], engines[warm.reader]
    return store


class ReusedFile:
    """One path of SQLite's, where each test finds a file of its own."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "linli.db"
        self._warm = self._store()

    @contextmanager
    def holding(self, origin: Path) -> Iterator[Database]:
        """A copy of this file, which nobody may have open."""
        for left in self._path.parent.iterdir():
            left.unlink()
        shutil.copy(origin, self._path)
        store = _warmed(self._store(), self._warm)
        try:
            yield store
        finally:
            store.dispose()

    def _store(self) -> Database:
        return Database(f"sqlite:///{self._path}", synchronous="OFF")

    def close(self) -> None:
        self._warm.dispose()


class ReusedServer:
    """One database of a PostgreSQL server."""

    def __init__(self, server: str) -> None:
        self._root = psycopg.connect(server, autocommit=True)
        # Like SQLite's "OFF": nothing here outlives the machine, and a process that is killed
        # loses nothing by it.
        for safeguard in ("fsync", "synchronous_commit", "full_page_writes"):
            self._root.execute(f"ALTER SYSTEM SET {safeguard} = off")
        self._root.execute("SELECT pg_reload_conf()")
        self._url = make_url(server).set(drivername="postgresql+psycopg")
        self._root.execute("CREATE DATABASE empty")
        empty = self._store("empty")
        Base.metadata.create_all(empty.writer)
        self._as_new = PostgresqlCopy(empty)
        empty.dispose()
        self._make()
        self._warm = self._store("reused")

    def store(self) -> Database:
        # Whatever the last test has left running ends here.
        self._root.execute(
            "SELECT pg_terminate_backend(pid, 3000) FROM pg_stat_activity WHERE datname = 'reused'"
        )
        store = _warmed(self._store("reused"), self._warm)
        if self._as_new.fits(store):
            self._as_new.put_into(store)
            return store
        store.dispose()
        self._root.execute("DROP DATABASE reused WITH (FORCE)")
        self._make()
        return store

    def close(self) -> None:
        self._root.close()

    def _make(self) -> None:
        self._root.execute("CREATE DATABASE reused TEMPLATE empty STRATEGY FILE_COPY")

    def _store(self, name: str) -> Database:
        return Database(self._url.set(database=name).render_as_string(hide_password=False))
