"""By when a called department checks in and answers, from config/whistles.toml."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from config.categories import Urgency
from config.policy import load
from models.tickets.clock import terms_of
from models.tickets.table import Ticket
from models.whistles.flow import WhistleKind
from models.whistles.table import Whistle, WhistleCall
from models.worktime import Timekeeping, WallClock


@dataclass(frozen=True, slots=True)
class CallTerm:
    """报到时限 — minutes to check in and to answer, and what they are counted in."""

    keeping: Timekeeping
    check_in: float
    result: float


def term(session: Session, whistle: Whistle, begin: datetime) -> CallTerm:
    """Counted in the working time of the ticket's place, unless it runs on the clock."""
    row = load("whistles")["kind"][whistle.kind]
    ticket = session.get_one(Ticket, whistle.ticket_id)
    keeping = WallClock() if row["clock"] == "wall" else terms_of(ticket).calendar
    day = keeping.day_minutes(begin)
    check_in, result = _minutes(row, "check_in", day), _minutes(row, "result", day)
    if check_in > result:
        raise ValueError(f"whistles: {whistle.kind} must check in before it answers")
    return CallTerm(keeping, check_in, result)


def usual_kind(urgency: Urgency) -> WhistleKind:
    """What a call is when the caller does not say it."""
    return WhistleKind(load("whistles")["usual"][urgency])


def departments() -> list[str]:
    """Every department that can be called, in the order of the file."""
    return list(load("whistles")["department"])


def due(session: Session, whistle: Whistle, at: datetime) -> tuple[datetime, datetime]:
    """By when who is called now checks in, and answers."""
    asked = term(session, whistle, at)
    return asked.keeping.add(at, asked.check_in), asked.keeping.add(at, asked.result)


def reminders(session: Session, whistle: Whistle, call: WhistleCall) -> tuple[datetime, datetime]:
    """When a department is reminded to check in, and to answer; from its own deadlines."""
    keeping, shares = (
        term(session, whistle, call.called_at).keeping,
        load("whistles")["remind_percent"],
    )
    return (
        _share(keeping, call.called_at, call.check_in_due_at, shares["check_in"]),
        _share(keeping, call.called_at, call.result_due_at, shares["result"]),
    )


def _share(keeping: Timekeeping, begin: datetime, end: datetime, percent: float) -> datetime:
    return keeping.add(begin, keeping.between(begin, end) * percent / 100)


def _minutes(row: Mapping[str, Any], limit: str, day_minutes: float) -> float:
    days, minutes = row.get(f"{limit}_days", 0), row.get(f"{limit}_minutes", 0)
    return float(days * day_minutes + minutes)
