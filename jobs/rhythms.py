"""How often a job is due, in the few ways that staff may set: read from cron, written to cron."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LAST_DAY = 28  # of every month
MINUTES = (1, 2, 3, 5, 10, 15, 20, 30)  # that leave every hour alike
TIME = re.compile(r"([01]?\d|2[0-3])[:：]([0-5]\d)")


class Kind(StrEnum):
    """节奏 — what stays as the file has it, however the time is set."""

    EVERY = "every"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    ANNUAL = "annual"


class RhythmUnfit(ValueError):
    """What was typed is no time of this rhythm; `field` says where."""

    def __init__(self, field: str, typed: str) -> None:
        super().__init__(f"{field}: {typed}")
        self.field = field
        self.typed = typed


@dataclass(frozen=True, slots=True)
class Rhythm:
    """多久一次 — one line of cron as a form has it."""

    kind: Kind
    minutes: int = 1  # between two runs
    minute: int = 0
    hour: int = 0
    day: int = 1
    months: str = "*"
    weekday: str = "*"

    @classmethod
    def read(cls, cron: str) -> "Rhythm":
        minute, hour, day, months, weekday = cron.split()
        if hour == "*" and not minute.isdigit():
            return cls(Kind.EVERY, minutes=int(minute.partition("/")[2] or 1))
        if hour == "*":
            return cls(Kind.HOURLY, minute=int(minute))
        at = cls(Kind.DAILY, minute=int(minute), hour=int(hour), months=months, weekday=weekday)
        if weekday != "*":
            return replace(at, kind=Kind.WEEKLY)
        if day == "*":
            return at
        kind = Kind.ANNUAL if months.isdigit() else Kind.QUARTERLY
        return replace(at, kind=Kind.MONTHLY if months == "*" else kind, day=int(day))

    @property
    def cron(self) -> str:
        if self.kind is Kind.EVERY:
            return "* * * * *" if self.minutes == 1 else f"*/{self.minutes} * * * *"
        if self.kind is Kind.HOURLY:
            return f"{self.minute} * * * *"
        is_dated = self.kind in (Kind.MONTHLY, Kind.QUARTERLY, Kind.ANNUAL)
        day = str(self.day) if is_dated else "*"
        return f"{self.minute} {self.hour} {day} {self.months} {self.weekday}"

    @property
    def time(self) -> str:
        return f"{self.hour:02}:{self.minute:02}"

    def fields(self) -> Mapping[str, str]:
        """What stands in the form: only what this rhythm has."""
        if self.kind is Kind.EVERY:
            return {"minutes": str(self.minutes)}
        if self.kind is Kind.HOURLY:
            return {"minute": str(self.minute)}
        days = {"weekday": self.weekday} if self.kind is Kind.WEEKLY else {}
        dated = self.kind in (Kind.MONTHLY, Kind.QUARTERLY, Kind.ANNUAL)
        return {**days, **({"day": str(self.day)} if dated else {}), "time": self.time}

    def typed(self, fields: Mapping[str, str]) -> "Rhythm":
        """The same rhythm at another time. Raises RhythmUnfit."""
        made = self
        for field in self.fields():
            made = getattr(made, f"_at_{field}")(fields.get(field, "").strip())
        return made

    def _at_minutes(self, typed: str) -> "Rhythm":
        if typed not in map(str, MINUTES):
            raise RhythmUnfit("minutes", typed)
        return replace(self, minutes=int(typed))

    def _at_minute(self, typed: str) -> "Rhythm":
        if not (typed.isdecimal() and int(typed) < 60):
            raise RhythmUnfit("minute", typed)
        return replace(self, minute=int(typed))

    def _at_time(self, typed: str) -> "Rhythm":
        found = TIME.fullmatch(typed)
        if found is None:
            raise RhythmUnfit("time", typed)
        return replace(self, hour=int(found[1]), minute=int(found[2]))

    def _at_day(self, typed: str) -> "Rhythm":
        if not (typed.isdecimal() and 1 <= int(typed) <= LAST_DAY):
            raise RhythmUnfit("day", typed)
        return replace(self, day=int(typed))

    def _at_weekday(self, typed: str) -> "Rhythm":
        if typed not in WEEKDAYS:
            raise RhythmUnfit("weekday", typed)
        return replace(self, weekday=typed)
