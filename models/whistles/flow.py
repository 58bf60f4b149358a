"""The states of a whistle and of its calls, and who may do what in each."""

from enum import StrEnum

from models.moves import Flow, to


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


PENDING = frozenset({CallState.CALLED, CallState.CHECKED_IN})
GIVEN = frozenset({CallState.ANSWERED, CallState.RETURNED})

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

ALL_ANSWERED = "all_answered"

_C, _D = CallState, CallAction
_ANSWER = to(_C.ANSWERED, ANSWERED, Side.DEPARTMENT, needs_words=True)
_SEND_BACK = to(_C.RETURNED, RETURNED, Side.DEPARTMENT, needs_words=True)
_RELEASE = to(_C.RELEASED, BROKEN_OFF, Side.CALLER)

CALL_MOVES = {
    (_C.CALLED, _D.CHECK_IN): to(_C.CHECKED_IN, CHECKED_IN, Side.DEPARTMENT),
    # Who has done it already has been there: one word is enough.
    (_C.CALLED, _D.ANSWER): _ANSWER,
    (_C.CALLED, _D.SEND_BACK): _SEND_BACK,
    (_C.CALLED, _D.RELEASE): _RELEASE,
    (_C.CALLED, _D.CANCEL): to(_C.CANCELLED, CANCELLED, Side.CALLER),
    (_C.CHECKED_IN, _D.ANSWER): _ANSWER,
    (_C.CHECKED_IN, _D.SEND_BACK): _SEND_BACK,
    (_C.CHECKED_IN, _D.RELEASE): _RELEASE,
    (_C.CHECKED_IN, _D.TAKE_BACK): to(_C.CALLED, TAKEN_BACK, Side.DEPARTMENT),
}
CALL_FLOW = Flow("call_state", CALL_MOVES)

_S, _A = WhistleState, WhistleAction

WHISTLE_MOVES = {
    (_S.SOUNDED, _A.CALL): to(_S.SOUNDED, SOUNDED, Side.CALLER),
    (_S.SOUNDED, _A.CONFIRM): to(_S.ENDED, CONFIRMED, Side.CALLER, needs=ALL_ANSWERED),
    (_S.SOUNDED, _A.BREAK_OFF): to(_S.ENDED, BROKEN_OFF, Side.CALLER, needs_words=True),
    (_S.SOUNDED, _A.LAPSE): to(_S.ENDED, LAPSED, Side.CLOCK),
    (_S.SOUNDED, _A.CANCEL): to(_S.CANCELLED, CANCELLED, Side.CALLER),
}
WHISTLE_FLOW = Flow("whistle_state", WHISTLE_MOVES)
