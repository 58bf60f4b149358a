"""The states of a legacy problem and of its milestones, and who may do what in each."""

from dataclasses import dataclass
from enum import StrEnum


class LegacyState(StrEnum):
    """一事一策状态 — where a legacy problem stands."""

    OPENED = "opened"  # no plan yet; nobody outside reads of it
    UNDER_WAY = "under_way"
    ENDED = "ended"
    CANCELLED = "cancelled"


class MilestoneState(StrEnum):
    """节点状态 — where one step of the plan stands."""

    WAITING = "waiting"
    REACHED = "reached"
    DROPPED = "dropped"  # the problem ended without it


class LegacyOutcome(StrEnum):
    """办结结果 — how a legacy problem truly ended."""

    SOLVED = "solved"
    EASED = "eased"
    CANNOT_FIX = "cannot_fix"


class LegacyAction(StrEnum):
    """一事一策动作 — what is done with a legacy problem."""

    JOIN = "join"
    LINK = "link"
    PLAN = "plan"
    SCHEDULE = "schedule"
    NOTE = "note"
    REACH = "reach"
    POSTPONE = "postpone"
    END = "end"
    CANCEL = "cancel"
    REOPEN = "reopen"
    UNREACH = "unreach"


class Side(StrEnum):
    """一事一策的一方 — what somebody is to a legacy problem."""

    STAFF = "staff"
    FORCE = "force"
    CLOCK = "clock"


@dataclass(frozen=True)
class LegacyMove:
    """一事一策流转 — where an action leads, whose it is, what the log calls it."""

    target: LegacyState
    by: frozenset[Side]
    verb: str
    needs_words: bool = False


OPENED, JOINED, LINKED = "legacy_opened", "legacy_joined", "legacy_linked"
PLANNED, SCHEDULED, NOTED = "legacy_planned", "legacy_scheduled", "legacy_noted"
REACHED, POSTPONED, ENDED = "legacy_reached", "legacy_postponed", "legacy_ended"
CANCELLED, UNDONE = "legacy_cancelled", "legacy_undone"
REMINDED, OVERDUE = "legacy_reminded", "legacy_overdue"

_S, _A = LegacyState, LegacyAction
_STAFF = frozenset({Side.STAFF})
_ALL = frozenset({Side.STAFF, Side.FORCE})


def _while_open(action: LegacyAction, by: frozenset[Side], verb: str, needs_words: bool) -> "Moves":
    return {
        (state, action): LegacyMove(state, by, verb, needs_words)
        for state in (_S.OPENED, _S.UNDER_WAY)
    }


Moves = dict[tuple[LegacyState, LegacyAction], LegacyMove]

MOVES: Moves = {
    **_while_open(_A.JOIN, _STAFF, JOINED, False),
    **_while_open(_A.LINK, _STAFF, LINKED, False),
    **_while_open(_A.SCHEDULE, _STAFF, SCHEDULED, True),
    (_S.OPENED, _A.PLAN): LegacyMove(_S.UNDER_WAY, _STAFF, PLANNED, True),
    (_S.OPENED, _A.CANCEL): LegacyMove(_S.CANCELLED, _STAFF, CANCELLED),
    (_S.UNDER_WAY, _A.PLAN): LegacyMove(_S.UNDER_WAY, _STAFF, PLANNED, True),
    (_S.UNDER_WAY, _A.NOTE): LegacyMove(_S.UNDER_WAY, _ALL, NOTED, True),
    (_S.UNDER_WAY, _A.REACH): LegacyMove(_S.UNDER_WAY, _ALL, REACHED),
    (_S.UNDER_WAY, _A.UNREACH): LegacyMove(_S.UNDER_WAY, _ALL, UNDONE),
    (_S.UNDER_WAY, _A.POSTPONE): LegacyMove(_S.UNDER_WAY, _ALL, POSTPONED, True),
    (_S.UNDER_WAY, _A.END): LegacyMove(_S.ENDED, _STAFF, ENDED, True),
    (_S.ENDED, _A.REOPEN): LegacyMove(_S.UNDER_WAY, _STAFF, UNDONE),
}

OPEN = frozenset({LegacyState.OPENED, LegacyState.UNDER_WAY})
PUBLIC = frozenset({LegacyState.UNDER_WAY, LegacyState.ENDED})
