"""How fast a report can be at the most: its statements without the rules, beside the echo."""

from collections.abc import Mapping
from contextlib import ExitStack
from statistics import median
from typing import Any

from sqlalchemy import func, select

from app.house import open_database
from models.inbox import InboxMessage
from models.tickets.table import Ticket
from tests.bench.intake import (
    CASES,
    CONNECTIONS,
    IS_ECHO,
    IS_TICKET,
    MOST,
    PAIRS,
    SECONDS,
    WARMING_SECONDS,
    Pusher,
    result_of,
)
from tests.bench.load import Closed
from tests.bench.servers import serving
from tests.bench.town import Case, settings_of, town

RESIDENTS = 60_000  # nobody writes twice


def run() -> list[dict[str, Any]]:
    """A result for each way of SQLite; PostgreSQL is asked by several messages at once."""
    return [measure(case) for case in CASES if case.store == "sqlite"]


def measure(case: Case) -> dict[str, Any]:
    with ExitStack() as stack:
        environment = stack.enter_context(town(case, RESIDENTS))
        echo = Pusher(stack.enter_context(serving(["tests.bench.echo"], environment)), IS_ECHO)
        bare = Pusher(stack.enter_context(serving(["tests.bench.bare"], environment)), IS_TICKET)
        before = kept(environment)
        pushers, pace = (echo, bare), Closed(CONNECTIONS, SECONDS)
        for pusher in pushers:
            pusher.push(Closed(pace.connections, WARMING_SECONDS), MOST)
            pusher.windows.clear()
        for _ in range(PAIRS):
            for pusher in pushers:
                pusher.push(pace, MOST)
        rows = kept(environment) - before
        if rows != 2 * bare.sent:
            raise RuntimeError(f"{bare.sent} reports left {rows} tickets and messages")
    baseline = median(window.rate for window in echo.windows)
    return result_of("floor", case, bare.windows, baseline)


def kept(environment: Mapping[str, str]) -> int:
    """How many tickets and messages the store holds."""
    database = open_database(settings_of(environment))
    counts = [select(func.count(table.id)).scalar_subquery() for table in (Ticket, InboxMessage)]
    with database.reading() as session:
        rows = session.scalar(select(counts[0] + counts[1]))
    database.dispose()
    return rows or 0
