"""What each process of a house has in memory: when it has started, and after 10,000 messages."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from app.house import open_database
from app.serving import workers_of
from tests.bench.intake import CONNECTIONS, IS_TICKET, Pusher
from tests.bench.load import Closed
from tests.bench.results import CASES, result
from tests.bench.servers import free_port, listens_on, running
from tests.bench.town import Case, settings_of, town
from tests.proof.platform import give_phones, outside
from tests.proof.processes import children

MESSAGES = 10_000  # each of another resident; staff are told of them through the platform
SETTLING_SECONDS = 10.0  # until all have started, and until the last message is delivered
LONGEST_SECONDS = 300.0
NAMES = ("Pss", "Rss")  # what is shared in parts, or whole for each who shares it
MEASURED = re.compile(rf"^({'|'.join(NAMES)}):\s+(\d+) kB", re.MULTILINE)
Pids = dict[str, list[int]]
Megabytes = Mapping[str, list[dict[str, float]]]


def run() -> Iterator[dict[str, Any]]:
    for case in CASES:
        yield from measure(case)


def measure(case: Case) -> Iterator[dict[str, Any]]:
    """One result a kind of process; the ratio is of all it has afterwards to what it began with."""
    port = free_port()
    with town(case, MESSAGES) as environment, ExitStack() as stack:
        settings = settings_of(environment)
        database = open_database(settings)
        openids = give_phones(database)
        database.dispose()
        platform = stack.enter_context(outside(port))
        platform.know(openids)
        told = environment | platform.environment
        web, worker, clock = (
            stack.enter_context(running(["app", *command], told))
            for command in (["web", "--port", str(port)], ["worker"], ["clock"])
        )
        listens_on(port, web)
        time.sleep(SETTLING_SECONDS)
        pids = _web_processes(web.pid, workers_of(settings))
        pids |= {"worker": [worker.pid], "clock": [clock.pid]}
        before = _look(pids)
        pusher = Pusher(port, IS_TICKET)
        pusher.push(Closed(CONNECTIONS, LONGEST_SECONDS), MESSAGES)
        time.sleep(SETTLING_SECONDS)
        after = _look(pids)
    errors = MESSAGES - len(pusher.windows[0].waits)
    yield from _results(case, errors, before, after)


def _web_processes(server: int, workers: int) -> Pids:
    """The one that writes for the workers is begun before them, where there is one."""
    begun = children(server)
    web, writers = begun[-workers:], begun[:-workers]
    return {"server": [server], "web": web} | ({"writer": writers} if writers else {})


def _look(pids: Pids) -> Megabytes:
    return {kind: [_megabytes(one) for one in found] for kind, found in pids.items()}


def _megabytes(pid: int) -> dict[str, float]:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8")
    return {name: int(kept) / 1024 for name, kept in MEASURED.findall(rollup)}


def _results(
    case: Case, errors: int, before: Megabytes, after: Megabytes
) -> Iterator[dict[str, Any]]:
    for kind, processes in after.items():
        began = sum(one["Pss"] for one in before[kind])
        grown = sum(one["Pss"] for one in processes) / began
        yield {
            **result(case, f"memory_{kind}", (), errors, MESSAGES),
            "ratio": round(grown, 3),
            **{f"{name.lower()}_mb": _each(before[kind], name) for name in NAMES},
            **{f"{name.lower()}_mb_after": _each(processes, name) for name in NAMES},
        }


def _each(processes: Sequence[Mapping[str, float]], name: str) -> list[float]:
    return [round(one[name], 1) for one in processes]
