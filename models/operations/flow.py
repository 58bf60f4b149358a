"""The states of a joint operation, and who may do what in each: one table."""

from dataclasses import dataclass
from enum import StrEnum


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
    CLOCK = "clock"


class Reply(StrEnum):
    """参加答复 — what somebody who was asked to come has said."""

    ASKED = "asked"
    COMING = "coming"
    DECLINED = "declined"


@dataclass(frozen=True)
class OperationMove:
    """整治流转 — where an action leads, whose it is, what the log calls it."""

    target: OperationState
    by: frozenset[Side]
    verb: str
    needs_words: bool = False


PLANNED, INVITED, REPLIED = "operation_planned", "operation_invited", "operation_replied"
STARTED, FOUND, CORRECTED = "operation_started", "operation_found", "operation_corrected"
ENDED, PUBLISHED, CANCELLED = "operation_ended", "operation_published", "operation_cancelled"
UNDONE, RETURNED = "operation_undone", "operation_sheet_returned"
REMINDED, OVERRUN, TICKETED = "operation_reminded", "operation_overrun", "operation_ticketed"

_L, _M, _R, _C = Side.LEADER, Side.MEMBER, Side.REVIEWER, Side.CLOCK


def _to(target: OperationState, verb: str, *by: Side, needs_words: bool = False) -> OperationMove:
    return OperationMove(target, frozenset(by), verb, needs_words)


_S, _A = OperationState, OperationAction

MOVES: dict[tuple[OperationState, OperationAction], OperationMove] = {
    (_S.PLANNED, _A.START): _to(_S.UNDER_WAY, STARTED, _L, _C),
    (_S.PLANNED, _A.CANCEL): _to(_S.CANCELLED, CANCELLED, _L, needs_words=True),
    (_S.PLANNED, _A.UNPLAN): _to(_S.CANCELLED, CANCELLED, _L),
    (_S.PLANNED, _A.REPLY): _to(_S.PLANNED, REPLIED, _M),
    (_S.UNDER_WAY, _A.REPLY): _to(_S.UNDER_WAY, REPLIED, _M),
    (_S.UNDER_WAY, _A.FIND): _to(_S.UNDER_WAY, FOUND, _L, _M),
    (_S.UNDER_WAY, _A.CORRECT): _to(_S.UNDER_WAY, CORRECTED, _L, _M),
    (_S.UNDER_WAY, _A.CANCEL): _to(_S.CANCELLED, CANCELLED, _L, needs_words=True),
    (_S.UNDER_WAY, _A.END): _to(_S.ENDED, ENDED, _L),
    (_S.ENDED, _A.REOPEN): _to(_S.UNDER_WAY, UNDONE, _L),
    # The figures are set right on site's own timeline, and the sheet is drawn anew.
    (_S.ENDED, _A.SEND_BACK): _to(_S.UNDER_WAY, RETURNED, _R, needs_words=True),
    (_S.ENDED, _A.TAKE_UP): _to(_S.UNDER_WAY, RETURNED, _C),
    (_S.ENDED, _A.PUBLISH): _to(_S.PUBLISHED, PUBLISHED, _C),
}

OPEN = frozenset({OperationState.PLANNED, OperationState.UNDER_WAY})
