"""Tells a ticket and its whistles anew from the log alone, event by event."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from models.events import Event
from models.tickets.table import Ticket
from models.whistles.table import Whistle, WhistleCall
from tests.walks.rules import is_edge

NOTHING = {
    **dict.fromkeys(("state", "outcome", "owner_post_id", "is_solved", "stars", "merged_into")),
    "level": "estate",
    "returns": 0,
    "reopens": 0,
}
_CALLS = {
    "whistle_called": "called",
    "whistle_checked_in": "checked_in",
    "whistle_check_in_undone": "called",
    "whistle_answered": "answered",
    "whistle_returned": "returned",
}
_ENDS = frozenset({"whistle_confirmed", "whistle_broken_off", "whistle_lapsed"})


@dataclass
class Retold:
    """What the log says so far, and what is wrong with the way it says it."""

    facts: dict[str, Any] = field(default_factory=lambda: dict(NOTHING))
    calls: dict[int, str] = field(default_factory=dict)
    whistles: dict[int, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    last: int = 0  # event
    _before: dict[int, dict[str, Any]] = field(default_factory=dict)
    _led_to: dict[int, list[int]] = field(default_factory=dict)
    _called: dict[int, set[int]] = field(default_factory=dict)  # whistle → its calls

    def hear(self, events: Iterable[Event]) -> None:
        for event in events:
            self._before[event.id] = dict(self.facts)
            self._led_to[event.id] = event.detail.get("led_to", [])
            if event.verb.startswith("whistle_"):
                self._whistle(event)
            elif event.verb == "ticket_undone":
                self._undone(event)
            else:
                self._step(event)
            self.last = event.id

    def _step(self, event: Event) -> None:
        detail, facts = event.detail, self.facts
        if event.new is not None:
            if event.old != facts["state"] or not is_edge(event.verb, event.old, event.new):
                self.wrong.append(f"{event.verb} {event.old}->{event.new} at {facts['state']}")
            facts["state"] = event.new
        # Whose it is and on which level is named by post and word; the rest is in the verb.
        told = detail.get("counted", {})
        facts.update({name: told[name] for name in ("owner_post_id", "level") if name in told})
        if "owner" in detail:
            facts.update(owner_post_id=detail["owner"], level=detail["level"])
        for name, key in (("is_solved", "solved"), ("stars", "stars")):
            if event.verb in ("ticket_rated", "ticket_reopened") and key in detail:
                facts[name] = detail[key]
        facts.update(_meaning(event, facts))

    def _undone(self, event: Event) -> None:
        """As it was before that step, and before what the step brought along."""
        undone = event.detail["undone_event"]
        with_it = [one for one in self._led_to[undone] if one in self._before]
        self.facts = dict(self._before[min([undone, *with_it])])
        if self.facts["state"] != event.new:
            self.wrong.append(f"undone to {event.new}, was {self.facts['state']}")

    def _whistle(self, event: Event) -> None:
        detail, whistle = event.detail, event.detail["whistle"]
        if event.verb in _CALLS:
            self.calls[detail["call"]] = _CALLS[event.verb]
        elif event.verb == "whistle_sounded":
            self.whistles[whistle] = "sounded"
            self._called.setdefault(whistle, set()).update(detail["calls"])
        elif event.verb in _ENDS:
            self.whistles[whistle] = "ended"
            self.calls.update(dict.fromkeys(detail["released"], "released"))
        elif event.verb == "whistle_cancelled":
            self.calls.update(dict.fromkeys(detail["calls"], "cancelled"))
            if all(self.calls[one] == "cancelled" for one in self._called[whistle]):
                self.whistles[whistle] = "cancelled"

    def differs(
        self, ticket: Ticket, whistles: Iterable[Whistle], calls: Iterable[WhistleCall]
    ) -> list[str]:
        """What the log says otherwise than the rows."""
        rows = {name: getattr(ticket, name) for name in NOTHING}
        wrong = [
            f"{name}: {rows[name]} in the row, {said} told"
            for name, said in self.facts.items()
            if rows[name] != said
        ]
        if {one.id: one.state for one in whistles} != self.whistles:
            wrong.append("whistles")
        if {one.id: one.state for one in calls} != self.calls:
            wrong.append("calls")
        found, self.wrong = wrong + self.wrong, []
        return found


def _meaning(event: Event, facts: dict[str, Any]) -> dict[str, Any]:
    detail = event.detail
    nothing: dict[str, Any] = {}
    return {
        "ticket_resolved": lambda: {"outcome": detail["outcome"]},
        "ticket_reopened": lambda: {"outcome": None, "reopens": facts["reopens"] + 1},
        "ticket_sent_back": lambda: {"returns": facts["returns"] + 1},
        "ticket_merged": lambda: {"outcome": "duplicate", "merged_into": detail["into"]},
        "ticket_unmerged": lambda: {"outcome": None, "merged_into": None},
        "ticket_withdrawn": lambda: {"outcome": "withdrawn"},
    }.get(event.verb, lambda: nothing)()
