"""`/metrics` for Prometheus: what the web processes count, and what the store says of the rest.

Worker and clock have no port: all they do is in the store, and it says also that they are gone.
"""

import hmac
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from pathlib import Path

import structlog
from flask import Blueprint, Response, abort, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from app.house import now
from app.meters import OWN
from app.serving import METER_FILES
from config.settings import Settings
from jobs import standings
from models import vital_signs
from models.base import Database
from models.busy import BUSY
from models.vital_signs import Reading

FRESH_SECONDS = 5.0  # so long the store is not asked again, however many ask us
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")

log = structlog.get_logger(__name__)

# Sign → what it says, and what it is told apart by.
SIGNS: Mapping[str, tuple[str, Sequence[str]]] = {
    "store_up": ("Whether the store answered", ()),
    "tasks_due": ("Background tasks that nobody has taken yet", ()),
    "tasks_oldest_due_seconds": ("How long the oldest of them has been due", ()),
    "tasks_failed": ("Background tasks that were given up", ()),
    "messages_due": ("Messages that should have left by now", ()),
    "messages_oldest_due_seconds": ("How long the oldest of them has been due", ()),
    "messages": ("Messages under way, and those that did not surely arrive", ("state",)),
    "messages_tried_lately": (
        "Messages whose last call was in the last 5 minutes, and how they stand",
        ("channel", "state", "errcode"),
    ),
    "pushes_unworked": ("Pushes of the last 30 days that nothing was made of", ("outcome",)),
    "tickets_opened_lately": ("Tickets of the last hour by class", ("category",)),
    "access_token_seconds_left": ("How long the access token lasts", ("account",)),
    "platform_stopped": ("Calls we do not make, for the platform refuses them", ("account", "api")),
    "retention_behind_days": (
        "Since when no night has put away all that is older than its term",
        ("kind",),
    ),
    "jobs": ("Scheduled jobs by how they stand", ("health",)),
    "job_late_seconds": ("How long after its due time the latest run began", ("job",)),
    "job_failures": ("Failed runs of the last 7 days", ("job",)),
    "clock_quiet_seconds": ("Since a clock last began a scheduled job", ()),
}


def make_metrics(
    database: Database, settings: Settings, clock: Callable[[], datetime] = now
) -> Blueprint:
    metrics = Blueprint("metrics", __name__)
    registry = CollectorRegistry()
    registry.register(_of_pages())
    registry.register(HouseSigns(database, clock))
    registry.register(OwnProcesses(database))

    @metrics.get("/metrics")
    def scrape() -> Response:
        if not _may_look(settings):
            abort(404)
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return metrics


def _of_pages() -> Collector:
    """Of all web processes of this server, or of this one where it is alone."""
    folder = os.environ.get(METER_FILES)
    return MultiProcessCollector(None, folder) if folder else OWN


def _may_look(settings: Settings) -> bool:
    """With the token, where there is one; else from this machine or its own network."""
    if token := settings.metrics_token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    if not settings.trusted_proxies and any(name in request.headers for name in FORWARDED):
        return False  # it came by a proxy that we were not told of, from anywhere
    return is_near(request.remote_addr or "")


def is_near(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return found.is_loopback or found.is_private


class HouseSigns(Collector):
    """全家指标 — what the store says of the whole house, whichever process is asked."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._looking = threading.Lock()
        self._found: list[Metric] = []
        self._fresh_until = 0.0

    def describe(self) -> Iterable[Metric]:
        """Without a look at the store, which may not be there yet."""
        return _families([])

    def collect(self) -> Iterable[Metric]:
        with self._looking:
            if time.monotonic() >= self._fresh_until:
                self._found = list(_families(self._look()))
                self._fresh_until = time.monotonic() + FRESH_SECONDS
            return self._found

    def _look(self) -> list[Reading]:
        at = self._clock()
        try:
            with self._database.reading() as session:
                found = [*vital_signs.readings(session, at), *_of_jobs(session, at)]
        except (SQLAlchemyError, *BUSY) as failure:
            log.warning("signs_not_read", kind=type(failure).__name__)
            return [Reading("store_up", 0)]
        return [Reading("store_up", 1), *found]


def _families(readings: Iterable[Reading]) -> Iterator[Metric]:
    told = defaultdict(list)
    for one in readings:
        told[one.sign].append(one)
    for sign, (words, labels) in SIGNS.items():
        family = GaugeMetricFamily(f"linli_{sign}", words, labels=labels)
        for one in told[sign]:
            family.add_metric([one.labels[name] for name in labels], one.value)
        yield family


def _of_jobs(session: Session, at: datetime) -> Iterator[Reading]:
    found = standings.standings(session, at)
    for health in standings.Health:
        number = sum(one.health is health for one in found)
        yield Reading("jobs", number, {"health": health})
    for one in found:
        job = {"job": one.job.name}
        yield Reading("job_late_seconds", one.late_seconds, job)
        yield Reading("job_failures", one.failures, job)
    begun = [one.last.started_at for one in found if one.last]
    if begun:
        yield Reading("clock_quiet_seconds", (at - max(begun)).total_seconds())


class OwnProcesses(Collector):
    """进程指标 — memory of the processes of this server, connections of the one that answers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterable[Metric]:
        memory = GaugeMetricFamily(
            "linli_process_bytes", "Resident memory of each web process", labels=["pid"]
        )
        for pid in _siblings():
            memory.add_metric([str(pid)], _resident_bytes(pid))
        yield memory
        used = GaugeMetricFamily(
            "linli_connections", "Connections to the store in use here", labels=["pool"]
        )
        for name in ("reader", "writer"):
            pool = getattr(self._database, name).pool
            if isinstance(pool, QueuePool):
                used.add_metric([name], pool.checkedout())
        yield used


def _siblings() -> list[int]:
    """The web processes and the one that writes for them have one parent; alone, this one."""
    if METER_FILES not in os.environ:
        return [os.getpid()]
    parent = os.getppid()
    threads = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(pid) for children in threads for pid in children.read_text().split()]


def _resident_bytes(pid: int) -> int:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except OSError:  # it has just ended, or this is no Linux
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
