"""A crowd that grows from once to ten times the everyday rate of the house, second by second."""

import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

from sqlalchemy import func, select

from app.house import open_database
from models.inbox import InboxMessage, Outcome
from tests.bench.intake import (
    CASES,
    CONNECTIONS,
    IS_TICKET,
    MOST,
    PAIRS,
    SECONDS,
    WARMING_SECONDS,
    Pusher,
)
from tests.bench.load import Closed, Rising, Window
from tests.bench.results import cuts, result
from tests.bench.servers import serving
from tests.bench.town import Case, settings_of, town

RESIDENTS = 100_000  # nobody writes twice while the house takes 2,000 a second at the most
# What a house is built for day by day is a tenth of the most it can do: a district of a million
# people writes some five times a second in its busiest hour. Above the full rate what waits grows.
SHARE = 0.1
TIMES = range(1, 11)
STEP_SECONDS = 1
PATIENCE_SECONDS = 5.0  # of the platform


def run(share: float = SHARE) -> Iterator[dict[str, Any]]:
    for case in CASES:
        yield measure(case, share)


def measure(case: Case, share: float) -> dict[str, Any]:
    with ExitStack() as stack:
        environment = stack.enter_context(town(case, RESIDENTS))
        pusher = Pusher(stack.enter_context(serving(["app", "web"], environment)), IS_TICKET)
        pusher.push(Closed(CONNECTIONS, WARMING_SECONDS), MOST)
        full = statistics.median(
            pusher.push(Closed(CONNECTIONS, SECONDS), MOST).rate for _ in range(PAIRS)
        )
        crowd = Rising([round(full * share * times) for times in TIMES], STEP_SECONDS)
        window = pusher.push(crowd, crowd.count)
        unkept = pusher.sent - _kept(environment)
    return _result(case, crowd, window, full) | {"unkept": unkept}


def _kept(environment: Mapping[str, str]) -> int:
    """Messages with a row and a reply in it."""
    database = open_database(settings_of(environment))
    with database.reading() as session:
        answered = InboxMessage.outcome == Outcome.ANSWERED, InboxMessage.reply.is_not(None)
        kept = session.scalar(select(func.count(InboxMessage.id)).where(*answered))
    database.dispose()
    return kept or 0


def _result(case: Case, crowd: Rising, window: Window, full: float) -> dict[str, Any]:
    """Who waits longer than the platform does has got no answer; the wait counts from the moment
    a push was due, also while there was no line free for it."""
    by_step: dict[int, list[float]] = defaultdict(list)
    for due, wait in zip(window.dues, window.waits, strict=True):
        by_step[int((due - window.began) / crowd.seconds)].append(wait)
    steps = [
        {"times": times, "rate": rate, "late": _late(by_step[step]), **cuts(by_step[step])}
        for step, (times, rate) in enumerate(zip(TIMES, crowd.rates, strict=True))
    ]
    errors = len(window.wrong) + _late(window.waits)
    return {
        **result(case, "spike", (), errors, crowd.count),
        **cuts(window.waits),
        "rate": crowd.rates[0],
        "full_rate": round(full),
        "steps": steps,
    }


def _late(waits: list[float]) -> int:
    return sum(wait > PATIENCE_SECONDS for wait in waits)
