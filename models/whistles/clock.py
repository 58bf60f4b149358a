"""When the clock next has something to do to a whistle: the moments of its calls."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from config.policy import load
from models.whistles import lists, terms
from models.whistles.flow import (
    LATE_CHECK_IN,
    LATE_RESULT,
    REMINDED_CHECK_IN,
    REMINDED_RESULT,
    CallState,
    WhistleState,
)
from models.whistles.table import Whistle, WhistleCall


def set_clock(session: Session, whistle: Whistle, after: datetime) -> None:
    """Points the whistle at its next moment later than `after`.

    What has come due and the clock has not seen yet stays due.
    """
    session.flush()
    if whistle.state != WhistleState.SOUNDED:
        whistle.clock_at = None
    elif whistle.clock_at is None or whistle.clock_at > after:
        whistle.clock_at = _next(session, whistle, after)


def move_on(session: Session, whistle: Whistle, now: datetime) -> None:
    """The clock has done what was due by now."""
    whistle.clock_at = None
    set_clock(session, whistle, now)


def passed(
    session: Session, whistle: Whistle, call: WhistleCall, since: datetime, now: datetime
) -> list[str]:
    """What has come due for this call since the clock last looked, the weightiest first."""
    found = {step for at, step in steps(session, whistle, call) if since <= at <= now}
    return [step for step in WEIGHT if step in found]


def steps(session: Session, whistle: Whistle, call: WhistleCall) -> list[tuple[datetime, str]]:
    """Every moment of a call that still waits; nothing of one that is closed."""
    if not call.is_pending:
        return []
    check_in, result = terms.reminders(session, whistle, call)
    found = [(result, REMINDED_RESULT), (call.result_due_at, LATE_RESULT)]
    if call.state == CallState.CALLED:
        found += [(check_in, REMINDED_CHECK_IN), (call.check_in_due_at, LATE_CHECK_IN)]
    return found


def _next(session: Session, whistle: Whistle, after: datetime) -> datetime | None:
    calls = [call for call in lists.calls_of(session, whistle) if call.is_pending]
    moments = [at for call in calls for at, _ in steps(session, whistle, call) if at > after]
    if any(call.person_id is None for call in calls):
        moments.append(after + timedelta(minutes=load("whistles")["retry_minutes"]))
    return min(moments, default=None)


WEIGHT = (LATE_RESULT, LATE_CHECK_IN, REMINDED_RESULT, REMINDED_CHECK_IN)
