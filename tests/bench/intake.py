"""The whole intake beside the bare echo webhook, turn about, on each store."""

import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from tests.bench.load import Closed, Open, Window, push
from tests.bench.pushes import Batch
from tests.bench.servers import serving
from tests.bench.town import Case, town

RESIDENTS = 40_000  # nobody writes twice, so nobody's own history slows them down
WARMING_SECONDS = 4.0  # until each process has met each building
PAIRS = 4
SECONDS = 3.0
MOST = 30_000  # pushes a window; more than any server here answers in it
STEADY_RATE = 200
STEADY_SECONDS = 15
IS_ECHO = r"<Content><!\[CDATA\["
IS_TICKET = r"<Content><!\[CDATA\[[^\]]*#\d+"
CONNECTIONS = 128  # so many that a whole transaction waits while another is written
CASES = (Case("sqlite", "NORMAL"), Case("sqlite", "FULL"), Case("postgresql"))


@dataclass
class Pusher:
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
        echo = Pusher(stack.enter_context(serving(["tests.bench.echo"], environment)), IS_ECHO)
        web = stack.enter_context(serving(["app", "web"], environment))
        intake = Pusher(web, IS_TICKET)
        for warming in (echo, intake):
            warming.push(Closed(CONNECTIONS, WARMING_SECONDS), MOST)
            warming.windows.clear()
        for _ in range(PAIRS):
            echo.push(Closed(CONNECTIONS, SECONDS), MOST)
            intake.push(Closed(CONNECTIONS, SECONDS), MOST)
        steady = intake.push(Open(STEADY_RATE), STEADY_RATE * STEADY_SECONDS)
    baseline = statistics.median(window.rate for window in echo.windows)
    return [
        result_of("intake", case, intake.windows[:-1], baseline),
        result_of("intake_200", case, [steady], baseline),
    ]


def result_of(name: str, case: Case, windows: Sequence[Window], baseline: float) -> dict[str, Any]:
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
