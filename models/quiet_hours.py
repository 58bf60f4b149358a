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
    tonight = datetime.combine(there.date(), evening, SHANGHAI)
    if evening <= morning:
        return tonight if evening <= there.time() < morning else None
    if there.time() >= evening:
        return tonight
    return tonight - timedelta(days=1) if there.time() < morning else None


@cache
def _hours() -> tuple[time, time]:
    quiet = load("channels")["quiet"]
    return time.fromisoformat(quiet["since"]), time.fromisoformat(quiet["until"])
