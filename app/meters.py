"""What the web processes count of their own work: pushes, refusals, pages."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram

from app.wechat.intake import Delivery, Intake, Write
from app.wechat.keys import AccountKeys
from app.wechat.webhook import Answer, Call, Respond, Webhook
from models.errors import StoreBusy
from models.inbox import Received
from models.tracing import REQUEST

OWN = CollectorRegistry()
PUSHES = Counter(
    "linli_pushes",
    "Pushes of the platform by kind and by what became of each",
    ["kind", "outcome"],
    registry=OWN,
)
REFUSALS = Counter(
    "linli_push_refusals",
    "Pushes that were turned away or not kept, by reason or HTTP status",
    ["reason"],
    registry=OWN,
)
PUSH_SECONDS = Histogram(
    "linli_push_seconds",
    "From the arrival of a push to its answer; the platform hangs up after five seconds",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 4.5),
    registry=OWN,
)
PAGE_SECONDS = Histogram(
    "linli_page_seconds",
    "From the arrival of a request to its page, by route",
    ["route"],
    buckets=(0.025, 0.1, 0.3, 1, 3),
    registry=OWN,
)
PAGE_FAILURES = Counter(
    "linli_page_failures",
    "Pages that ended in a fault of ours",
    ["route"],
    registry=OWN,
)


def metered(accounts: Callable[[str], AccountKeys | None], intake: Intake) -> Respond:
    """The WeChat door, with its time taken and all it does and turns away counted."""
    answer = Webhook(accounts, replace(intake, write=counted(intake.write))).answer

    async def respond(call: Call) -> Answer:
        begun = time.perf_counter()
        answered = await answer(call)
        if answered.status >= 300:
            REFUSALS.labels(answered.refusal or str(answered.status)).inc()
        PUSH_SECONDS.observe(time.perf_counter() - begun)
        return answered

    return respond


def counted(write: Write) -> Write:
    """Counts each push by what came of it."""

    async def count(delivery: Delivery, heard: Any) -> Received:
        message = delivery.message
        kind = message.event or message.kind
        try:
            received = await write(delivery, heard)
        except StoreBusy:
            _pushes(kind, "busy").inc()
            raise
        except Exception:
            _pushes(kind, "error").inc()
            raise
        _pushes(kind, "repeat" if received.deliveries > 1 else received.outcome).inc()
        return received

    return count


@cache  # the library's own way to find them takes longer than to count
def _pushes(kind: str, outcome: str) -> Counter:
    return PUSHES.labels(kind, outcome)


def meter_pages(site: Flask) -> None:
    """Takes the time of each page by its route, and tells the reader the number of the request."""

    @site.before_request
    def begin() -> None:
        g.begun = time.perf_counter()

    @site.after_request
    def end(response: Response) -> Response:
        route = request.endpoint or "unknown"
        PAGE_SECONDS.labels(route).observe(time.perf_counter() - g.begun)
        if response.status_code >= 500:
            PAGE_FAILURES.labels(route).inc()
        response.headers["X-Request-ID"] = REQUEST.get()
        return response
