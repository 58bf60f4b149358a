"""The neighbourhood's clock: when its day begins, and which day a moment falls on."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(at: datetime) -> datetime:
    return at.astimezone(SHANGHAI)


def is_same_day(one: datetime, other: datetime) -> bool:
    return local(one).date() == local(other).date()


def start_of_day(at: datetime) -> datetime:
    """Midnight before this moment."""
    return midnight(local(at).date())


def midnight(day: date) -> datetime:
    """When this day begins."""
    return datetime.combine(day, time(), SHANGHAI)


def end_of_day(at: datetime) -> datetime:
    """Midnight after this moment."""
    return start_of_day(at) + timedelta(days=1)
