"""One ticket's month as its events tell it: how it stood after each of them, and by when what."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tests.proof.hours import Pauses, after, term

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
    told_of: datetime | None = None  # the latest deadline whose passing was told
    risen: datetime | None = None  # when it last went up
    level_began: datetime | None = None  # since when whoever has it has their own time

    @property
    def is_running(self) -> bool:
        return self.state in OPEN and self.state != "suspended"

    @property
    def is_told(self) -> bool:
        return self.told_of is not None and self.told_of >= self.resolve_due

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
    def level_due(self) -> datetime | None:
        """By when they must have acted; who took it late has half the time to resolve."""
        if self.level_began is None:
            return None
        if self.state not in WAITING and not self.is_told:
            return None  # it is in time: the deadline itself leads up
        accept, resolve = self.minutes
        is_late = self.state not in WAITING and self.level_began >= self.resolve_due
        minutes = max(accept, resolve / 2) if is_late else accept
        return after(self.level_began, minutes, self.urgency, self._stops)

    @property
    def up_due(self) -> datetime | None:
        """The latest by which it must have gone up, if it stands like this."""
        if not self.is_running or self.level == TOP:
            return None
        if self.level_due is not None:
            return self.level_due
        return self.accept_due if self.state in WAITING else None

    def time_to_accept(self, begin: datetime) -> datetime:
        return after(begin, self.minutes[0], self.urgency, self._stops)

    def kept_until(self, at: datetime) -> datetime:
        """Until when whoever took it over before may keep it although the deadline has passed."""
        return self.time_to_accept(self.risen) if self.risen else at


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
    if verb == "ticket_undone":
        undone = before[detail["undone_event"]]
        return replace(
            now,
            is_accepted=undone.is_accepted,
            told_of=undone.told_of,
            level_began=undone.level_began,
        )
    now = _told_on(old, now, at)
    if verb == "ticket_reopened":
        return replace(now, is_accepted=False, told_of=None, level_began=None)
    if verb == "ticket_escalated":
        return replace(now, risen=at, level_began=at)
    if verb == "ticket_reclassified" and detail["led_to"]:
        old = before[detail["led_to"][0]]  # whoever got it by the new class has the time of that
        now = replace(now, level_began=old.level_began)
    if "to_level" in detail or (
        now.owner_post != old.owner_post and (old.is_accepted or at >= now.accept_due)
    ):
        return replace(now, level_began=at)
    if verb == "ticket_accepted":
        return _accepted(now, at)
    if verb == "ticket_overdue":
        return replace(now, told_of=now.resolve_due, level_began=at)
    return replace(now, level_began=at) if verb == "ticket_stuck" else now


def _told_on(old: Standing, now: Standing, at: datetime) -> Standing:
    """Once told that it is late, nobody is told again of a deadline that has only moved."""
    is_still = old.is_told and not now.is_told and now.resolve_due <= at
    return replace(now, told_of=now.resolve_due) if is_still else now


def _accepted(now: Standing, at: datetime) -> Standing:
    has_time_anew = now.level_began is not None and now.resolve_due <= at
    return replace(now, is_accepted=True, level_began=at if has_time_anew else None)


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
