"""By when a called department checks in and answers, from config/whistles.toml."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from config.categories import Urgency
from config.policy import load
from models import sla
from models.whistles.flow import WhistleKind
from models.whistles.table import WhistleCall
from models.worktime import Timekeeping, WallClock


@dataclass(frozen=True, slots=True)
class CallTerm:
    """报到时限 — minutes to check in and to answer, and what they are counted in."""

    keeping: Timekeeping
    check_in: float
    result: float


@cache
def term(kind: WhistleKind) -> CallTerm:
    row = load("whistles")["kind"][kind]
    keeping = WallClock() if row["clock"] == "wall" else sla.shipped().calendar
    check_in, result = _minutes(row, "check_in", keeping), _minutes(row, "result", keeping)
    if check_in > result:
        raise ValueError(f"whistles: {kind} must check in before it answers")
    return CallTerm(keeping, check_in, result)


def usual_kind(urgency: Urgency) -> WhistleKind:
    """What a call is when the caller does not say it."""
    return WhistleKind(load("whistles")["usual"][urgency])


def departments() -> list[str]:
    """Every department that can be called, in the order of the file."""
    return list(load("whistles")["department"])


def due(kind: WhistleKind, at: datetime) -> tuple[datetime, datetime]:
    """By when who is called now checks in, and answers."""
    asked = term(kind)
    return asked.keeping.add(at, asked.check_in), asked.keeping.add(at, asked.result)


def reminders(kind: WhistleKind, call: WhistleCall) -> tuple[datetime, datetime]:
    """When a department is reminded to check in, and to answer; from its own deadlines."""
    keeping, shares = term(kind).keeping, load("whistles")["remind_percent"]
    return (
        _share(keeping, call.called_at, call.check_in_due_at, shares["check_in"]),
        _share(keeping, call.called_at, call.result_due_at, shares["result"]),
    )


def _share(keeping: Timekeeping, begin: datetime, end: datetime, percent: float) -> datetime:
    return keeping.add(begin, keeping.between(begin, end) * percent / 100)


def _minutes(row: Mapping[str, Any], limit: str, keeping: Timekeeping) -> float:
    days, minutes = row.get(f"{limit}_days", 0), row.get(f"{limit}_minutes", 0)
    return float(days * keeping.day_minutes + minutes)
