"""One line of `make bench`: what was measured, where and how often."""

import statistics
from collections.abc import Sequence
from typing import Any

from tests.bench.town import Case


def result(case: Case, name: str, waits_ms: Sequence[float], errors: int, many: int) -> Any:
    """Nothing is held against another here: these have no ratio."""
    return {
        "name": name,
        "store": case.store,
        "synchronous": case.synchronous,
        "ratio": None,
        "rate": None,
        "baseline_rate": None,
        "p50_ms": round(statistics.median(waits_ms), 1),
        "p99_ms": round(max(waits_ms), 1),
        "errors": errors,
        "n": many,
    }
