"""Messages a second through workers to a platform that takes 50 ms for each answer."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from app.house import open_database
from models import outbox, rights
from models.base import Database
from models.outbox import Delivery, OutboxMessage, Quiet
from models.people import Identity
from tests.bench.results import CASES, cuts, result
from tests.bench.servers import free_port, running
from tests.bench.town import Case, settings_of, town
from tests.proof.platform import CUSTOM, MANY, Outside, outside

MESSAGES = 6_000  # each to another resident
WORKERS = (1, 2)
ANSWER_MS = 50
STARTING = timedelta(seconds=8)  # until every worker looks for what is due
LOOK_SECONDS = 0.5
LONGEST_SECONDS = 300
KEY = "bench:"
ARRIVED = (Delivery.SENT, Delivery.CONFIRMED)
UNDER_WAY = (Delivery.QUEUED, Delivery.SENDING)


def run() -> Iterator[dict[str, Any]]:
    """The ratio is to a single worker."""
    for case in CASES:
        found = [measure(case, workers) for workers in WORKERS]
        alone = found[0]["rate"]
        for one in found:
            yield one | {"baseline_rate": alone, "ratio": round(one["rate"] / alone, 3)}


def measure(case: Case, workers: int) -> dict[str, Any]:
    with town(case, MESSAGES) as environment, ExitStack() as stack:
        platform = stack.enter_context(outside(free_port()))  # nobody listens to its events
        platform.platform.faults.add("slow", CUSTOM, ANSWER_MS, MANY)
        database = open_database(settings_of(environment))
        stack.callback(database.dispose)
        platform.know(_queue(database, datetime.now(UTC) + STARTING))
        for _ in range(workers):
            stack.enter_context(running(["app", "worker"], environment | platform.environment))
        _await_rest(database)
        return _result(case, workers, database, platform)


def _queue(database: Database, due: datetime) -> list[str]:
    """One message to everybody who has an openid of a bench; returns these."""
    with database.writing() as session:
        found = select(Identity).where(Identity.openid.startswith("oBench"))
        identities = session.scalars(found).all()
        for one in identities:
            rights.wrote(session, one.id, due)
        said = {
            "account": identities[0].account,
            "template": "wechat_text",
            "context": {"text": "您的工单已派出"},
            "quiet": Quiet.AWAKE,
            "created_at": due,
        }
        outbox.queue(
            session,
            (
                said | {"person_id": one.person_id, "unique_key": f"{KEY}{one.id}"}
                for one in identities
            ),
        )
        return [one.openid for one in identities]


def _await_rest(database: Database) -> None:
    """Until none is under way, or it has taken too long: then they are counted as they stand."""
    deadline = time.monotonic() + LONGEST_SECONDS
    of_bench = OutboxMessage.unique_key.startswith(KEY)
    waiting = select(func.count()).where(of_bench, OutboxMessage.state.in_(UNDER_WAY))
    while time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
        with database.reading() as session:
            if not session.scalar(waiting):
                return


def _result(case: Case, workers: int, database: Database, platform: Outside) -> dict[str, Any]:
    """The waits are of single calls, from their beginning until their end is noted."""
    columns = (OutboxMessage.state, OutboxMessage.begun_at, OutboxMessage.sent_at)
    with database.reading() as session:
        rows = session.execute(
            select(*columns).where(OutboxMessage.unique_key.startswith(KEY))
        ).all()
    calls = [(begun, sent) for state, begun, sent in rows if state in ARRIVED]
    assert calls, f"not one of {len(rows)} messages arrived"
    took = max(sent for _, sent in calls) - min(begun for begun, _ in calls)
    came = platform.arrived()
    doubled = sum(number - 1 for number in came.values())
    errors = len(rows) - len(calls) + doubled + abs(len(came) - len(calls))
    return {
        **result(case, f"delivery_{workers}", (), errors, len(rows)),
        **cuts([(sent - begun).total_seconds() for begun, sent in calls]),
        "rate": round(len(calls) / took.total_seconds()),
        "states": Counter(state.value for state, _, _ in rows),
    }
