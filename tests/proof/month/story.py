"""One ticket's month as its events tell it: how it stood after each of them, and by when what."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tests.proof.month.hours import Pauses, after, term

OPEN = frozenset({"reported", "dispatched", "accepted", "in_progress", "suspended"})
WAITING = frozenset({"reported", "dispatched"})
TOP = "department"

Row = tuple[int, int, str, str | None, str | None, dict[str, Any], datetime]
"""Ticket, event, verb, capacity, new state, detail, moment."""


@dataclass(frozen=True)
class Standing:
    """How it stands after one event."""

    opened: datetime
    category: str
    urgency: str
    state: str = "reported"
    level: str = "estate"
    owner_post: int | None = None
    pauses: Pauses = ()
    suspended: tuple[datetime, datetime] | None = None
    is_accepted: bool = False  # by anybody, since it was opened
    is_told: bool = False  # that the deadline has passed
    taken_over: datetime | None = None  # when it last went up
    level_due: datetime | None = None  # the latest by which whoever has it must have acted

    @property
    def is_running(self) -> bool:
        return self.state in OPEN and self.state != "suspended"

    @property
    def accept_due(self) -> datetime:
        return after(self.opened, self.minutes[0], self.urgency, self._stops)

    @property
    def resolve_due(self) -> datetime:
        return after(self.opened, self.minutes[1], self.urgency, self._stops)

    @property
    def minutes(self) -> tuple[float, float]:
        return term(self.category, self.urgency)

    @property
    def _stops(self) -> Pauses:
        return (*self.pauses, *([self.suspended] if self.suspended else []))

    @property
    def up_due(self) -> datetime | None:
        """The latest by which it must have gone up, if it stands like this."""
        if not self.is_running or self.level == TOP:
            return None
        if self.level_due is not None:
            return self.level_due
        return self.accept_due if self.state in WAITING else None

    def time_to_accept(self, begin: datetime) -> datetime:
        return after(begin, self.minutes[0], self.urgency)

    def kept_until(self, at: datetime) -> datetime:
        """Until when whoever took it over before may keep it although the deadline has passed."""
        return self.time_to_accept(self.taken_over) if self.taken_over else at


def told(rows: Iterable[Row]) -> Iterator[tuple[Row, Standing]]:
    now: Standing | None = None
    before: dict[int, Standing] = {}
    for row in rows:
        _, event_id, verb, _, _, detail, at = row
        if now is None:
            assert verb == "ticket_opened"
            now = Standing(at, detail["category"], detail["urgency"])
        else:
            before[event_id] = now
            now = _next(now, row, before)
        yield row, now


def _next(old: Standing, row: Row, before: dict[int, Standing]) -> Standing:
    _, _, verb, _, _, detail, at = row
    now = _said(old, row)
    if verb == "ticket_reopened":
        now = replace(now, is_accepted=False, is_told=False, level_due=None, taken_over=at)
    elif verb == "ticket_undone":
        undone = before[detail["undone_event"]]
        had = now.time_to_accept(at) if now.state in WAITING else undone.level_due
        due = _later(had, now, at) if had is not None else None
        now = replace(now, is_accepted=undone.is_accepted, level_due=due)
    elif "to_level" in detail:
        now = replace(now, taken_over=at, level_due=now.time_to_accept(at))
    elif now.owner_post != old.owner_post and (old.is_accepted or at >= now.accept_due):
        now = replace(now, level_due=now.time_to_accept(at))
    elif verb == "ticket_accepted":
        now = _accepted(now, at)
    elif verb == "ticket_overdue":
        now = replace(now, is_told=True, level_due=_later(now.kept_until(at), now, at))
    elif verb in ("ticket_resumed", "ticket_reclassified") and now.level_due is not None:
        now = replace(now, level_due=_later(now.level_due, now, at))
    elif verb == "ticket_stuck":
        now = replace(now, level_due=now.time_to_accept(at))
    moved = now.resolve_due != old.resolve_due
    return replace(now, is_told=False) if moved and now.resolve_due > at else now


def _accepted(now: Standing, at: datetime) -> Standing:
    due = None
    if now.level_due is not None and now.resolve_due <= at:
        minutes = max(now.minutes[0], now.minutes[1] / 2)
        due = after(at, minutes, now.urgency)
    return replace(now, is_accepted=True, level_due=due)


def _later(due: datetime, now: Standing, at: datetime) -> datetime:
    """What a level has left of its time can be no more than the whole of it."""
    accept, resolve = now.minutes
    whole = accept if now.state in WAITING or not now.is_told else max(accept, resolve / 2)
    return max(due, after(at, whole, now.urgency))


def _said(old: Standing, row: Row) -> Standing:
    """What the event itself says of the ticket."""
    _, _, verb, _, new, detail, _ = row
    said = detail.get("counted", {})
    if verb in ("ticket_dispatched", "emergency_dispatched") and "owner" in detail:
        said = {"state": new, "owner_post_id": detail["owner"], "level": detail["level"], **said}
    since = said.get("suspended_at", old.suspended and {"at": old.suspended[0].isoformat()})
    until = said.get("suspended_until", old.suspended and {"at": old.suspended[1].isoformat()})
    opened = said.get("opened_at")
    return replace(
        old,
        state=said.get("state", old.state),
        level=said.get("level", old.level),
        category=said.get("category", old.category),
        owner_post=said.get("owner_post_id", old.owner_post),
        opened=datetime.fromisoformat(opened["at"]) if opened else old.opened,
        pauses=_pauses(said["pauses"]) if "pauses" in said else old.pauses,
        suspended=(_moment(since), _moment(until)) if since and until else None,
    )


def _pauses(kept: list[list[str]]) -> Pauses:
    return tuple((datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in kept)


def _moment(kept: dict[str, str]) -> datetime:
    return datetime.fromisoformat(kept["at"])
