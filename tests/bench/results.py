"""Each store in its turn, and one line of `make bench`: what was measured, where and how often."""

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from app.house import open_database
from config.settings import Settings
from models.base import Database
from tests.bench.town import Case, settings_of, town

CASES = (Case("sqlite", "FULL"), Case("postgresql"))


def stores(residents: int) -> Iterator[tuple[Case, Settings, Database]]:
    """A town of so many residents, in a store of its own."""
    for case in CASES:
        with town(case, residents=residents) as environment:
            settings = settings_of(environment)
            database = open_database(settings)
            yield case, settings, database
            database.dispose()


def result(case: Case, name: str, waits_ms: Sequence[float], errors: int, many: int) -> Any:
    """Nothing is held against another here: these have no ratio. No waits, no quantiles."""
    return {
        "name": name,
        "store": case.store,
        "synchronous": case.synchronous,
        "ratio": None,
        "rate": None,
        "baseline_rate": None,
        "p50_ms": round(statistics.median(waits_ms), 1) if waits_ms else None,
        "p99_ms": round(max(waits_ms), 1) if waits_ms else None,
        "errors": errors,
        "n": many,
    }


def cuts(waits: Sequence[float]) -> dict[str, float | None]:
    """`p50_ms` and `p99_ms` of waits in seconds; None of fewer than two."""
    if len(waits) < 2:
        return {"p50_ms": None, "p99_ms": None}
    found = statistics.quantiles(waits, n=100)
    return {"p50_ms": round(found[49] * 1000, 2), "p99_ms": round(found[98] * 1000, 2)}
