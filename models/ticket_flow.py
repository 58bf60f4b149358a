"""The ticket's states and who may do what in each: one table, read by `can()` and `apply()`."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """工单状态 — where a matter stands."""

    REPORTED = "reported"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    SUSPENDED = "suspended"
    RESOLVED = "resolved"
    ARCHIVED = "archived"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """动作 — what somebody does with a matter."""

    DISPATCH = "dispatch"
    ACCEPT = "accept"
    START = "start"
    SEND_BACK = "send_back"
    TRANSFER = "transfer"
    SUSPEND = "suspend"
    RESUME = "resume"
    RESOLVE = "resolve"
    RATE = "rate"
    REOPEN = "reopen"
    ESCALATE = "escalate"
    MERGE = "merge"
    UNMERGE = "unmerge"
    WITHDRAW = "withdraw"
    ARCHIVE = "archive"
    UNDO = "undo"
    DECLINE = "decline"
    SET_URGENCY = "set_urgency"


class Outcome(StrEnum):
    """办结结果 — how a matter truly ended; each is counted apart."""

    FIXED = "fixed"
    CANNOT_FIX = "cannot_fix"
    NOT_OURS = "not_ours"
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"


class Capacity(StrEnum):
    """身份 — what a person is to one matter; somebody may be several."""

    REPORTER = "reporter"
    SUPPORTER = "supporter"
    OWNER = "owner"
    HELPER = "helper"
    SUPERVISOR = "supervisor"
    CLOCK = "clock"


def strongest(mine: Iterable[Capacity]) -> Capacity | None:
    """In which of several capacities something is done, so that its event says so."""
    held = frozenset(mine)
    order = (
        *(Capacity.REPORTER, Capacity.OWNER, Capacity.HELPER, Capacity.SUPERVISOR),
        Capacity.SUPPORTER,
    )
    return next((one for one in order if one in held), None)


class Level(StrEnum):
    """四个一 — estate, community, subdistrict, department: each solves what the last could not."""

    ESTATE = "estate"
    COMMUNITY = "community"
    SUBDISTRICT = "subdistrict"
    DEPARTMENT = "department"

    def up(self) -> "Level | None":
        """The next level, or None at the top."""
        order = list(Level)
        position = order.index(self) + 1
        return order[position] if position < len(order) else None


OPEN = frozenset(
    {State.REPORTED, State.DISPATCHED, State.ACCEPTED, State.IN_PROGRESS, State.SUSPENDED}
)
WAITING = frozenset({State.REPORTED, State.DISPATCHED})  # nobody has taken it yet
WORKING = frozenset({State.ACCEPTED, State.IN_PROGRESS})
ENDED = frozenset({State.ARCHIVED, State.MERGED, State.WITHDRAWN})

UNDO_MINUTES = 10
MAX_RETURNS = 3  # the third return goes to the community for arbitration
MAX_REOPENS = 1


@dataclass(frozen=True)
class Transition:
    """流转 — where an action leads, who may take it, and whether it must be explained.

    `target` None stays in (or, for resume and undo, goes back to) the state kept with the ticket.
    Who is `excused` need not explain: they speak of their own matter.
    """

    target: State | None
    by: frozenset[Capacity]
    needs_reason: bool = False
    excused: frozenset[Capacity] = frozenset({Capacity.REPORTER, Capacity.SUPPORTER})


def _to(target: State | None, *by: Capacity, needs_reason: bool = False) -> Transition:
    return Transition(target, frozenset(by), needs_reason)


_P = Capacity.SUPPORTER
_R, _O, _H, _S, _C = (
    Capacity.REPORTER,
    Capacity.OWNER,
    Capacity.HELPER,
    Capacity.SUPERVISOR,
    Capacity.CLOCK,
)

_DISPATCH = _to(State.DISPATCHED, _S, _C)
_SEND_BACK = _to(State.DISPATCHED, _O, needs_reason=True)
_TRANSFER = _to(State.DISPATCHED, _O, _S, needs_reason=True)
_SUSPEND = _to(State.SUSPENDED, _O, _S, needs_reason=True)
_RESOLVE = _to(State.RESOLVED, _O, _H, _S, needs_reason=True)
_ESCALATE = _to(State.DISPATCHED, _S, _C, needs_reason=True)
_MERGE = _to(State.MERGED, _R, _S, _C, needs_reason=True)
_WITHDRAW = _to(State.WITHDRAWN, _R)
_DECLINE = _to(None, _H)
# Never by who owns it alone: a lower urgency gives its owner more time.
_SET_URGENCY = _to(None, _S, needs_reason=True)
_UNDO = _to(None, _R, _O, _H, _S)

TRANSITIONS: dict[tuple[State, Action], Transition] = {
    (State.REPORTED, Action.DISPATCH): _DISPATCH,
    (State.REPORTED, Action.ESCALATE): _ESCALATE,
    (State.REPORTED, Action.MERGE): _MERGE,
    (State.REPORTED, Action.WITHDRAW): _WITHDRAW,
    (State.REPORTED, Action.SET_URGENCY): _SET_URGENCY,
    (State.REPORTED, Action.UNDO): _UNDO,
    (State.DISPATCHED, Action.DISPATCH): _DISPATCH,
    (State.DISPATCHED, Action.ACCEPT): _to(State.ACCEPTED, _O, _H),
    (State.DISPATCHED, Action.SEND_BACK): _SEND_BACK,
    (State.DISPATCHED, Action.TRANSFER): _TRANSFER,
    (State.DISPATCHED, Action.SUSPEND): _SUSPEND,
    (State.DISPATCHED, Action.ESCALATE): _ESCALATE,
    (State.DISPATCHED, Action.MERGE): _MERGE,
    (State.DISPATCHED, Action.WITHDRAW): _WITHDRAW,
    (State.DISPATCHED, Action.DECLINE): _DECLINE,
    (State.DISPATCHED, Action.SET_URGENCY): _SET_URGENCY,
    (State.DISPATCHED, Action.UNDO): _UNDO,
    # Another of those asked joins in: a neighbour went first, now the paid post takes it too.
    (State.ACCEPTED, Action.ACCEPT): _to(State.ACCEPTED, _O, _H),
    (State.ACCEPTED, Action.START): _to(State.IN_PROGRESS, _O, _H),
    (State.ACCEPTED, Action.SEND_BACK): _SEND_BACK,
    (State.ACCEPTED, Action.TRANSFER): _TRANSFER,
    (State.ACCEPTED, Action.SUSPEND): _SUSPEND,
    (State.ACCEPTED, Action.RESOLVE): _RESOLVE,
    (State.ACCEPTED, Action.ESCALATE): _ESCALATE,
    (State.ACCEPTED, Action.MERGE): _MERGE,
    (State.ACCEPTED, Action.WITHDRAW): _WITHDRAW,
    (State.ACCEPTED, Action.DECLINE): _DECLINE,
    (State.ACCEPTED, Action.SET_URGENCY): _SET_URGENCY,
    (State.ACCEPTED, Action.UNDO): _UNDO,
    (State.IN_PROGRESS, Action.ACCEPT): _to(State.IN_PROGRESS, _O, _H),
    (State.IN_PROGRESS, Action.SEND_BACK): _SEND_BACK,
    (State.IN_PROGRESS, Action.TRANSFER): _TRANSFER,
    (State.IN_PROGRESS, Action.SUSPEND): _SUSPEND,
    (State.IN_PROGRESS, Action.RESOLVE): _RESOLVE,
    (State.IN_PROGRESS, Action.ESCALATE): _ESCALATE,
    (State.IN_PROGRESS, Action.MERGE): _MERGE,
    (State.IN_PROGRESS, Action.WITHDRAW): _WITHDRAW,
    (State.IN_PROGRESS, Action.DECLINE): _DECLINE,
    (State.IN_PROGRESS, Action.SET_URGENCY): _SET_URGENCY,
    (State.IN_PROGRESS, Action.UNDO): _UNDO,
    (State.SUSPENDED, Action.RESUME): _to(None, _O, _S, _C),
    (State.SUSPENDED, Action.MERGE): _MERGE,
    (State.SUSPENDED, Action.WITHDRAW): _WITHDRAW,
    (State.SUSPENDED, Action.SET_URGENCY): _SET_URGENCY,
    (State.SUSPENDED, Action.UNDO): _UNDO,
    (State.RESOLVED, Action.RATE): _to(State.ARCHIVED, _R),
    (State.RESOLVED, Action.REOPEN): _to(State.DISPATCHED, _R, _P, _S),
    (State.RESOLVED, Action.ARCHIVE): _to(State.ARCHIVED, _S, _C),
    (State.RESOLVED, Action.UNDO): _UNDO,
    (State.ARCHIVED, Action.UNDO): _UNDO,
    (State.MERGED, Action.UNMERGE): _to(State.DISPATCHED, _S),
    (State.MERGED, Action.UNDO): _UNDO,
    (State.WITHDRAWN, Action.UNDO): _UNDO,
}

# The event each action leaves in the log, which is also the name of what people are told.
EVENTS: dict[Action, str] = {
    Action.DISPATCH: "ticket_dispatched",
    Action.ACCEPT: "ticket_accepted",
    Action.START: "ticket_started",
    Action.SEND_BACK: "ticket_sent_back",
    Action.TRANSFER: "ticket_transferred",
    Action.SUSPEND: "ticket_suspended",
    Action.RESUME: "ticket_resumed",
    Action.RESOLVE: "ticket_resolved",
    Action.RATE: "ticket_rated",
    Action.REOPEN: "ticket_reopened",
    Action.ESCALATE: "ticket_escalated",
    Action.MERGE: "ticket_merged",
    Action.UNMERGE: "ticket_unmerged",
    Action.WITHDRAW: "ticket_withdrawn",
    Action.ARCHIVE: "ticket_archived",
    Action.UNDO: "ticket_undone",
    Action.DECLINE: "ticket_declined",
    Action.SET_URGENCY: "ticket_urgency_set",
}
