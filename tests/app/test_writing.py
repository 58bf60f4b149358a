"""`linli web` on SQLite: one process writes for the others, and nobody is lost without it."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.house import open_database
from app.writing import CLEARING_JOBS, writer_for
from config.settings import Settings
from models.inbox import InboxMessage
from tests.bench.pushes import Batch
from tests.bench.servers import free_port
from tests.bench.town import DATA_KEY, Case, town
from tests.proof.processes import children

SECONDS = 30
RESIDENTS = 20


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def web(environment: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "app", "web", "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | environment, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def is_answered(port: int, number: int) -> bool:
    """Whether this resident's complaint got its number; false while nobody is there."""
    [request] = Batch(number, 1).requests(port)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(request)
            answer = b""
            while not answer.endswith(b"</xml>") and (piece := connection.recv(65536)):
                answer += piece
    except OSError:
        return False
    return b"#" in answer


def test_whoever_is_killed_complaints_are_kept_once_and_the_writer_ends_with_the_server() -> None:
    port, spoken = free_port(), iter(range(RESIDENTS))
    with town(Case("sqlite", "NORMAL"), RESIDENTS) as environment:
        with web(environment | {"LINLI_WEB_WORKERS": "2"}, port) as process:
            first = next(spoken)
            until(lambda: is_answered(port, first))
            writer, worker, _ = children(process.pid)
            for one in (writer, worker):
                os.kill(one, signal.SIGKILL)
                number = next(spoken)
                until(lambda number=number: is_answered(port, number))
                until(lambda one=one: one not in (now := children(process.pid)) and len(now) == 3)
            kept, writer, begun = children(process.pid)
            for one in (process.pid, kept, begun):
                os.kill(one, signal.SIGKILL)
            process.wait()
            until(lambda: not Path(f"/proc/{writer}").exists())
        settings = Settings(
            data_dir=Path(environment["LINLI_DATA_DIR"]), database_url="", data_key=DATA_KEY
        )
        database = open_database(settings)
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(InboxMessage)) == next(spoken)
        database.dispose()


def test_what_was_committed_reaches_the_file_itself_while_the_server_runs() -> None:
    """Long before SQLite would see to that, in a commit for which all wait."""
    port, count = free_port(), CLEARING_JOBS + 20
    with (
        town(Case("sqlite", "NORMAL"), count) as environment,
        web(environment | {"LINLI_WEB_WORKERS": "2"}, port),
    ):
        for number in range(count):
            until(lambda number=number: is_answered(port, number))
        file = Path(environment["LINLI_DATA_DIR"]) / "linli.db"
        until(lambda: in_the_file_alone(file) >= CLEARING_JOBS)


def in_the_file_alone(file: Path) -> int:
    """How many messages are there for a reader that knows nothing of the log and its locks.

    No row counts while the log is being cleared: half of its pages are no database.
    """
    try:
        with closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as connection:
            [count] = connection.execute("SELECT count(*) FROM inbox").fetchone()
    except sqlite3.DatabaseError:
        return 0
    return int(count)


@pytest.mark.parametrize(
    ("workers", "address", "is_there"),
    [(2, "", True), (1, "", False), (2, "postgresql://db.example/linli", False)],
)
def test_it_is_there_only_where_several_would_write_one_file(
    workers: int, address: str, is_there: bool
) -> None:
    settings = Settings(web_workers=workers, database_url=address)
    assert (writer_for(settings) is not None) is is_there
