"""Quiet hours: when a message that is no emergency waits for the morning."""

from datetime import datetime, time, timedelta
from functools import cache

from config.policy import load
from models.localtime import SHANGHAI, local


class QuietHours:
    """免打扰 — whether there are any; a trial that somebody looks at has none."""

    is_kept = True


def after_quiet_hours(at: datetime) -> datetime:
    """The moment itself by day; by night the coming morning."""
    began = quiet_since(at)
    if began is None:
        return at
    _, morning = _hours()
    there = local(began)
    ends = datetime.combine(there.date(), morning, SHANGHAI)
    return ends if ends > there else ends + timedelta(days=1)


def quiet_since(at: datetime) -> datetime | None:
    """When the night around this moment began; None by day."""
    if not QuietHours.is_kept:
        return None
    evening, morning = _hours()
    there = local(at)
    is_late, is_early = there.time() >= evening, there.time() < morning
    is_night = is_late and is_early if evening <= morning else is_late or is_early
    if not is_night:
        return None
    tonight = datetime.combine(there.date(), evening, SHANGHAI)
    return tonight if is_late else tonight - timedelta(days=1)


@cache
def _hours() -> tuple[time, time]:
    quiet = load("channels")["quiet"]
    return time.fromisoformat(quiet["since"]), time.fromisoformat(quiet["until"])
