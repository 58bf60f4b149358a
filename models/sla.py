"""Deadlines by category and urgency, recomputed at any time from the facts alone."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from msgspec import Struct

from config.categories import LEVEL_ONE, Urgency
from config.policy import load
from models.worktime import MICROSECONDS, Timekeeping, WallClock, WorkCalendar

Pause = tuple[datetime, datetime]
"""When a matter was suspended and when it went on; for one that still is, its planned end."""

Rows = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Category → urgency → limit with its unit, as in `config/sla.toml`."""

Sort = tuple[str | None, Urgency]
"""A category, or none where it is not known yet, and an urgency: what has a term."""

UNITS = ("minutes", "days")
LIMITS = ("accept", "arrive", "resolve")


class Deadlines(Struct, frozen=True, gc=False):
    """办理时限 — by when a ticket must be accepted, met on site (emergencies) and resolved."""

    accept_due_at: datetime
    arrive_due_at: datetime | None
    resolve_due_at: datetime


@dataclass(frozen=True)
class RemindPoint:
    """提醒点 — a share of the time to resolve, and when it has passed."""

    percent: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Limit:
    """期限 — so many minutes, or so many days as long as the one on which it begins."""

    amount: float
    unit: str

    def minutes(self, keeping: Timekeeping, begin: datetime) -> float:
        return self.amount * keeping.day_minutes(begin) if self.unit == "days" else self.amount

    def on_days_of(self, day_minutes: float) -> float:
        return self.amount * day_minutes if self.unit == "days" else self.amount


@dataclass(frozen=True)
class Term:
    """时限 — the limits of one category and urgency, and what they are counted in."""

    keeping: Timekeeping
    accept: Limit
    arrive: Limit | None
    resolve: Limit

    @property
    def limits(self) -> tuple[Limit, Limit | None, Limit]:
        return self.accept, self.arrive, self.resolve

    def due(
        self, limit: Limit, begin: datetime, pauses: Iterable[Pause], share: float = 1.0
    ) -> datetime:
        """When that share of the limit has passed, outside the pauses."""
        return _due(self.keeping, begin, limit.minutes(self.keeping, begin) * share, pauses)


class ServiceTerms:
    """限时办结规则 — the table of `config/sla.toml`, counted in the working time of one place."""

    def __init__(
        self,
        document: Mapping[str, Any],
        inner: Iterable[Mapping[str, Any]] = (),
        terms: Iterable[Rows] = (),
    ) -> None:
        """`inner`: what the areas around the place changed of its calendar, the outermost first;
        `terms`: what the house and they changed of the limits."""
        self.calendar = WorkCalendar.parse(document["office_hours"], document["holidays"])
        for changes in inner:
            self.calendar = self.calendar.changed_by(changes)
        self._percents = tuple(sorted(document["remind_percent"]))
        rows = overlaid(document["terms"], terms)
        if strange := set(rows) - {"default", *LEVEL_ONE}:
            raise ValueError(f"sla: no such category: {min(strange)}")
        if strange := {urgency for row in rows.values() for urgency in row} - set(Urgency):
            raise ValueError(f"sla: no such urgency: {min(strange)}")
        self._default = self._row(rows["default"], {})
        self._terms = {key: self._row(rows["default"], row) for key, row in rows.items()}

    def term(self, category: str | None, urgency: Urgency) -> Term:
        """The row in force; a matter whose category is not known yet has the default row."""
        return self._terms.get(category or "default", self._default)[urgency]

    def differing(self, other: "ServiceTerms") -> list[Sort]:
        """What has other limits there, whatever the calendar."""
        sorts = [(one, urgency) for one in (None, *LEVEL_ONE) for urgency in Urgency]
        return [one for one in sorts if self.term(*one).limits != other.term(*one).limits]

    def deadlines(
        self,
        category: str | None,
        urgency: Urgency,
        opened_at: datetime,
        pauses: Iterable[Pause] = (),
    ) -> Deadlines:
        term = self.term(category, urgency)
        stops = _in_order(pauses)
        return Deadlines(
            accept_due_at=term.due(term.accept, opened_at, stops),
            arrive_due_at=term.due(term.arrive, opened_at, stops) if term.arrive else None,
            resolve_due_at=term.due(term.resolve, opened_at, stops),
        )

    def due(
        self,
        category: str | None,
        urgency: Urgency,
        begin: datetime,
        pauses: Iterable[Pause] = (),
        *,
        share_of_resolving: float,
    ) -> datetime:
        """When the time to accept has passed since then, or that share of the time to resolve."""
        term = self.term(category, urgency)
        stops = _in_order(pauses)
        return max(
            term.due(term.accept, begin, stops),
            term.due(term.resolve, begin, stops, share_of_resolving),
        )

    def remind_points(
        self,
        category: str | None,
        urgency: Urgency,
        opened_at: datetime,
        pauses: Iterable[Pause] = (),
    ) -> tuple[RemindPoint, ...]:
        """The moments at which those who have the matter are reminded, earliest first."""
        term = self.term(category, urgency)
        stops = _in_order(pauses)
        return tuple(
            RemindPoint(percent, term.due(term.resolve, opened_at, stops, percent / 100))
            for percent in self._percents
        )

    def _row(self, default: Mapping[str, Any], own: Mapping[str, Any]) -> dict[Urgency, Term]:
        return {
            urgency: self._term(urgency, default[urgency], own.get(urgency, {}))
            for urgency in Urgency
        }

    def _term(
        self, urgency: Urgency, default: Mapping[str, float], own: Mapping[str, float]
    ) -> Term:
        known = {f"{limit}_{unit}" for limit in LIMITS for unit in UNITS}
        if strange := (set(own) | set(default)) - known:
            raise ValueError(f"sla: {urgency} knows no {min(strange)}")
        keeping = WallClock() if urgency is Urgency.EMERGENCY else self.calendar
        limits = {limit: limit_in(own, limit) or limit_in(default, limit) for limit in LIMITS}
        accept, resolve = limits["accept"], limits["resolve"]
        if accept is None or resolve is None:
            raise ValueError(f"sla: {urgency} needs a time to accept and one to resolve")
        if any(accept.on_days_of(day) > resolve.on_days_of(day) for day in keeping.day_lengths()):
            raise ValueError(f"sla: {urgency} needs a time to accept within that to resolve")
        return Term(keeping, accept, limits["arrive"], resolve)


@cache
def shipped() -> ServiceTerms:
    """The terms of `config/sla.toml`."""
    return ServiceTerms(load("sla"))


@lru_cache(256)  # places with the same changes share one, and with it the years it has counted
def changed(inner: tuple[str, ...], terms: tuple[str, ...] = ()) -> ServiceTerms:
    """The terms where these changes (JSON, the outermost first) of calendar and limits count."""
    if not inner and not terms:
        return shipped()
    return ServiceTerms(load("sla"), map(json.loads, inner), map(json.loads, terms))


def contradicting(rows: Rows) -> list[str]:
    """The categories of which no term comes, as where the time to accept exceeds the other."""
    found = []
    for category in ("default", *rows):
        some = {one: rows[one] for one in ("default", category)}
        try:
            ServiceTerms({**load("sla"), "terms": some})
        except ValueError:
            found.append(category)
    return list(dict.fromkeys(found))


def overlaid(rows: Rows, changes: Iterable[Rows]) -> Rows:
    """The table with these over it, limit by limit."""
    total = {category: dict(row) for category, row in rows.items()}
    for change in changes:
        for category, row in change.items():
            kept = total.setdefault(category, {})
            for urgency, limits in row.items():
                kept[urgency] = {**kept.get(urgency, {}), **limits}
    return total


def limit_in(row: Mapping[str, float], limit: str) -> Limit | None:
    """Zero is none, so that a row may not take a limit back to nothing."""
    for unit in reversed(UNITS):
        if amount := row.get(f"{limit}_{unit}"):
            return Limit(amount, unit)
    return None


def _due(
    keeping: Timekeeping, opened_at: datetime, minutes: float, stops: Iterable[Pause]
) -> datetime:
    if not stops:
        return keeping.add(opened_at, minutes)
    # In whole microseconds: a remainder of a rounding must not be carried over a pause.
    cursor, left = opened_at, round(minutes * MICROSECONDS)
    for begin, end in stops:
        if end <= cursor:
            continue
        run = round(keeping.between(cursor, max(begin, cursor)) * MICROSECONDS)
        if run >= left:
            break
        left -= run
        cursor = end
    return keeping.add(cursor, left / MICROSECONDS)


def _in_order(pauses: Iterable[Pause]) -> list[Pause]:
    """By their beginnings; one that overlaps the last gives back only what is left of it."""
    if not pauses:
        return []
    stops = sorted((begin.astimezone(UTC), end.astimezone(UTC)) for begin, end in pauses)
    if any(end < begin for begin, end in stops):
        raise ValueError("a pause can not end before it begins")
    return stops
