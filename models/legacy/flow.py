"""The states of a legacy problem and of its milestones, and who may do what in each."""

from enum import StrEnum

from models.milestones import MilestoneState as MilestoneState
from models.moves import Flow, to


class LegacyState(StrEnum):
    """一事一策状态 — where a legacy problem stands."""

    OPENED = "opened"  # no plan yet; nobody outside reads of it
    UNDER_WAY = "under_way"
    ENDED = "ended"
    CANCELLED = "cancelled"


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
    PUBLISH = "publish"
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


OPENED, JOINED, LINKED = "legacy_opened", "legacy_joined", "legacy_linked"
PLANNED, SCHEDULED, NOTED = "legacy_planned", "legacy_scheduled", "legacy_noted"
REACHED, POSTPONED, ENDED = "legacy_reached", "legacy_postponed", "legacy_ended"
CANCELLED, UNDONE = "legacy_cancelled", "legacy_undone"
REMINDED, OVERDUE = "legacy_reminded", "legacy_overdue"
NOTE_OUT = "legacy_note_out"

_S, _A = LegacyState, LegacyAction
_STAFF, _FORCE = Side.STAFF, Side.FORCE

MOVES = {
    (_S.OPENED, _A.JOIN): to(_S.OPENED, JOINED, _STAFF),
    (_S.OPENED, _A.LINK): to(_S.OPENED, LINKED, _STAFF),
    (_S.OPENED, _A.SCHEDULE): to(_S.OPENED, SCHEDULED, _STAFF, needs_words=True),
    (_S.OPENED, _A.PLAN): to(_S.UNDER_WAY, PLANNED, _STAFF, needs_words=True),
    (_S.OPENED, _A.CANCEL): to(_S.CANCELLED, CANCELLED, _STAFF),
    (_S.UNDER_WAY, _A.JOIN): to(_S.UNDER_WAY, JOINED, _STAFF),
    (_S.UNDER_WAY, _A.LINK): to(_S.UNDER_WAY, LINKED, _STAFF),
    (_S.UNDER_WAY, _A.SCHEDULE): to(_S.UNDER_WAY, SCHEDULED, _STAFF, needs_words=True),
    (_S.UNDER_WAY, _A.PLAN): to(_S.UNDER_WAY, PLANNED, _STAFF, needs_words=True),
    (_S.UNDER_WAY, _A.NOTE): to(_S.UNDER_WAY, NOTED, _STAFF, _FORCE, needs_words=True),
    (_S.UNDER_WAY, _A.PUBLISH): to(_S.UNDER_WAY, NOTE_OUT, _STAFF, _FORCE),
    (_S.UNDER_WAY, _A.REACH): to(_S.UNDER_WAY, REACHED, _STAFF, _FORCE),
    (_S.UNDER_WAY, _A.UNREACH): to(_S.UNDER_WAY, UNDONE, _STAFF, _FORCE),
    (_S.UNDER_WAY, _A.POSTPONE): to(_S.UNDER_WAY, POSTPONED, _STAFF, _FORCE, needs_words=True),
    (_S.UNDER_WAY, _A.END): to(_S.ENDED, ENDED, _STAFF, needs_words=True),
    (_S.ENDED, _A.PUBLISH): to(_S.ENDED, NOTE_OUT, _STAFF, _FORCE),
    (_S.ENDED, _A.REOPEN): to(_S.UNDER_WAY, UNDONE, _STAFF),
}
FLOW = Flow("legacy_state", MOVES)

OPEN = frozenset({LegacyState.OPENED, LegacyState.UNDER_WAY})
PUBLIC = frozenset({LegacyState.UNDER_WAY, LegacyState.ENDED})
