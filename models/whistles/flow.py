"""The states of a whistle and of its calls, and who may do what in each."""

from dataclasses import dataclass
from enum import StrEnum


class WhistleKind(StrEnum):
    """吹哨类型 — how fast departments are wanted: a row of config/whistles.toml."""

    URGENT = "urgent"
    ORDINARY = "ordinary"
    JOINT = "joint"


class WhistleState(StrEnum):
    """哨的状态 — where a whistle stands."""

    SOUNDED = "sounded"
    ENDED = "ended"
    CANCELLED = "cancelled"  # taken back before anybody answered


class CallState(StrEnum):
    """应哨状态 — where one department stands."""

    CALLED = "called"
    CHECKED_IN = "checked_in"
    ANSWERED = "answered"
    RETURNED = "returned"
    RELEASED = "released"  # the whistle ended without its answer
    CANCELLED = "cancelled"


class Side(StrEnum):
    """哨的一方 — what somebody is to a whistle."""

    CALLER = "caller"
    DEPARTMENT = "department"
    CLOCK = "clock"


class WhistleAction(StrEnum):
    """哨的动作 — what is done with a whistle as a whole."""

    CALL = "call"
    CONFIRM = "confirm"
    BREAK_OFF = "break_off"
    LAPSE = "lapse"
    CANCEL = "cancel"


class CallAction(StrEnum):
    """应哨动作 — what is done with one department's call."""

    CHECK_IN = "check_in"
    ANSWER = "answer"
    SEND_BACK = "send_back"
    TAKE_BACK = "take_back"
    RELEASE = "release"
    CANCEL = "cancel"


@dataclass(frozen=True)
class CallMove:
    """应哨流转 — where an action leads one call, and whose it is."""

    target: CallState
    by: Side
    needs_words: bool = False


@dataclass(frozen=True)
class WhistleMove:
    """哨的流转 — where an action leads the whistle, whose it is, and what its calls must be."""

    target: WhistleState
    by: Side
    needs_words: bool = False
    needs_all_answered: bool = False


PENDING = frozenset({CallState.CALLED, CallState.CHECKED_IN})
GIVEN = frozenset({CallState.ANSWERED, CallState.RETURNED})

_ANSWER = CallMove(CallState.ANSWERED, Side.DEPARTMENT, needs_words=True)
_SEND_BACK = CallMove(CallState.RETURNED, Side.DEPARTMENT, needs_words=True)
_RELEASE = CallMove(CallState.RELEASED, Side.CALLER)

CALL_MOVES: dict[tuple[CallState, CallAction], CallMove] = {
    (CallState.CALLED, CallAction.CHECK_IN): CallMove(CallState.CHECKED_IN, Side.DEPARTMENT),
    # Who has done it already has been there: one word is enough.
    (CallState.CALLED, CallAction.ANSWER): _ANSWER,
    (CallState.CALLED, CallAction.SEND_BACK): _SEND_BACK,
    (CallState.CALLED, CallAction.RELEASE): _RELEASE,
    (CallState.CALLED, CallAction.CANCEL): CallMove(CallState.CANCELLED, Side.CALLER),
    (CallState.CHECKED_IN, CallAction.ANSWER): _ANSWER,
    (CallState.CHECKED_IN, CallAction.SEND_BACK): _SEND_BACK,
    (CallState.CHECKED_IN, CallAction.RELEASE): _RELEASE,
    (CallState.CHECKED_IN, CallAction.TAKE_BACK): CallMove(CallState.CALLED, Side.DEPARTMENT),
}

WHISTLE_MOVES: dict[tuple[WhistleState, WhistleAction], WhistleMove] = {
    (WhistleState.SOUNDED, WhistleAction.CALL): WhistleMove(WhistleState.SOUNDED, Side.CALLER),
    (WhistleState.SOUNDED, WhistleAction.CONFIRM): WhistleMove(
        WhistleState.ENDED, Side.CALLER, needs_all_answered=True
    ),
    (WhistleState.SOUNDED, WhistleAction.BREAK_OFF): WhistleMove(
        WhistleState.ENDED, Side.CALLER, needs_words=True
    ),
    (WhistleState.SOUNDED, WhistleAction.LAPSE): WhistleMove(WhistleState.ENDED, Side.CLOCK),
    (WhistleState.SOUNDED, WhistleAction.CANCEL): WhistleMove(WhistleState.CANCELLED, Side.CALLER),
}

SOUNDED, CALLED, HANDED_ON = "whistle_sounded", "whistle_called", "whistle_handed_on"
CHECKED_IN, TAKEN_BACK = "whistle_checked_in", "whistle_check_in_undone"
ANSWERED, RETURNED = "whistle_answered", "whistle_returned"
CONFIRMED, BROKEN_OFF, LAPSED = "whistle_confirmed", "whistle_broken_off", "whistle_lapsed"
CANCELLED = "whistle_cancelled"
REMINDED_CHECK_IN, REMINDED_RESULT = "whistle_reminded_check_in", "whistle_reminded_result"
LATE_CHECK_IN, LATE_RESULT = "whistle_late_check_in", "whistle_late_result"

# Every event of a whistle. They stand on the ticket's timeline and change nothing of the ticket.
VERBS = frozenset(
    {
        *(SOUNDED, CALLED, HANDED_ON, CHECKED_IN, TAKEN_BACK, ANSWERED, RETURNED, CONFIRMED),
        *(BROKEN_OFF, LAPSED, CANCELLED, REMINDED_CHECK_IN, REMINDED_RESULT),
        *(LATE_CHECK_IN, LATE_RESULT),
    }
)
