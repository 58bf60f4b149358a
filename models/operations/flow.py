"""The states of a joint operation, and who may do what in each: one table."""

from enum import StrEnum

from models.moves import Flow, to


class OperationState(StrEnum):
    """整治状态 — where a joint operation stands."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    ENDED = "ended"  # the result sheet waits for its review
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class OperationAction(StrEnum):
    """整治动作 — what is done with a joint operation."""

    START = "start"
    CANCEL = "cancel"
    UNPLAN = "unplan"  # taken back within ten minutes
    INVITE = "invite"
    UNINVITE = "uninvite"  # taken back within ten minutes
    REPLY = "reply"
    FIND = "find"
    CORRECT = "correct"
    END = "end"
    REOPEN = "reopen"  # the end taken back within ten minutes
    SEND_BACK = "send_back"
    TAKE_UP = "take_up"  # its sheet was withdrawn on another way
    PUBLISH = "publish"


class Side(StrEnum):
    """整治的一方 — what somebody is to a joint operation."""

    LEADER = "leader"
    MEMBER = "member"
    REVIEWER = "reviewer"
    PLANNER = "planner"  # could have planned it, and reads of it
    CLOCK = "clock"


class Reply(StrEnum):
    """参加答复 — what somebody who was asked to come has said."""

    ASKED = "asked"
    COMING = "coming"
    DECLINED = "declined"


PLANNED, INVITED, REPLIED = "operation_planned", "operation_invited", "operation_replied"
ASKED_MORE = "operation_asked_more"
STARTED, FOUND, CORRECTED = "operation_started", "operation_found", "operation_corrected"
ENDED, PUBLISHED, CANCELLED = "operation_ended", "operation_published", "operation_cancelled"
UNDONE, RETURNED = "operation_undone", "operation_sheet_returned"
REMINDED, OVERRUN, TICKETED = "operation_reminded", "operation_overrun", "operation_ticketed"

_L, _M, _R, _C = Side.LEADER, Side.MEMBER, Side.REVIEWER, Side.CLOCK

_S, _A = OperationState, OperationAction

MOVES = {
    (_S.PLANNED, _A.START): to(_S.UNDER_WAY, STARTED, _L, _C),
    (_S.PLANNED, _A.CANCEL): to(_S.CANCELLED, CANCELLED, _L, needs_words=True),
    (_S.PLANNED, _A.UNPLAN): to(_S.CANCELLED, CANCELLED, _L),
    (_S.PLANNED, _A.INVITE): to(_S.PLANNED, ASKED_MORE, _L),
    (_S.PLANNED, _A.UNINVITE): to(_S.PLANNED, UNDONE, _L),
    (_S.PLANNED, _A.REPLY): to(_S.PLANNED, REPLIED, _M),
    (_S.UNDER_WAY, _A.INVITE): to(_S.UNDER_WAY, ASKED_MORE, _L),
    (_S.UNDER_WAY, _A.UNINVITE): to(_S.UNDER_WAY, UNDONE, _L),
    (_S.UNDER_WAY, _A.REPLY): to(_S.UNDER_WAY, REPLIED, _M),
    (_S.UNDER_WAY, _A.FIND): to(_S.UNDER_WAY, FOUND, _L, _M),
    (_S.UNDER_WAY, _A.CORRECT): to(_S.UNDER_WAY, CORRECTED, _L, _M),
    (_S.UNDER_WAY, _A.CANCEL): to(_S.CANCELLED, CANCELLED, _L, needs_words=True),
    (_S.UNDER_WAY, _A.END): to(_S.ENDED, ENDED, _L),
    (_S.ENDED, _A.REOPEN): to(_S.UNDER_WAY, UNDONE, _L),
    # The figures are set right on site's own timeline, and the sheet is drawn anew.
    (_S.ENDED, _A.SEND_BACK): to(_S.UNDER_WAY, RETURNED, _R, needs_words=True),
    (_S.ENDED, _A.TAKE_UP): to(_S.UNDER_WAY, RETURNED, _C),
    (_S.ENDED, _A.PUBLISH): to(_S.PUBLISHED, PUBLISHED, _C),
}

FLOW = Flow("operation_state", MOVES)

OPEN = frozenset({OperationState.PLANNED, OperationState.UNDER_WAY})
