"""The kinds and states of a project, and who may do what in each."""

from enum import StrEnum

from models.moves import Flow, to


class ProjectKind(StrEnum):
    """项目类型 — why it is a project."""

    LIVELIHOOD = "livelihood"
    MONTHLY = "monthly"
    BREAKTHROUGH = "breakthrough"


class ProjectState(StrEnum):
    """项目状态 — where a project stands. What is planned is not public yet."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DONE = "done"
    STOPPED = "stopped"


class ProjectAction(StrEnum):
    """项目动作 — what is done with a project."""

    START = "start_project"
    NOTE = "note"
    PUBLISH = "publish"
    SCHEDULE = "schedule"
    REACH = "reach"
    POSTPONE = "postpone"
    LINK = "link"
    HAND_OVER = "hand_over"
    MOVE_END = "move_end"
    FINISH = "finish"
    STOP = "stop"
    TAKE_UP = "take_up"


class Side(StrEnum):
    """项目的一方 — what somebody is to a project."""

    STAFF = "staff"
    OWNER = "owner"
    CLOCK = "clock"


MADE, STARTED, NOTED = "project_made", "project_started", "project_noted"
SCHEDULED, REACHED, POSTPONED = "project_scheduled", "project_reached", "project_postponed"
LINKED, HANDED_OVER, END_MOVED = "project_linked", "project_handed_over", "project_end_moved"
FINISHED, STOPPED, TAKEN_UP = "project_finished", "project_stopped", "project_taken_up"
REMINDED, LATE, MILESTONE_LATE = "project_reminded", "project_late", "project_milestone_late"
MILESTONE_REMINDED = "project_milestone_reminded"
NOTE_OUT = "project_note_out"

_S, _A = ProjectState, ProjectAction
_STAFF, _OWNER = Side.STAFF, Side.OWNER

MOVES = {
    (_S.PLANNED, _A.SCHEDULE): to(_S.PLANNED, SCHEDULED, _STAFF, _OWNER, needs_words=True),
    (_S.PLANNED, _A.LINK): to(_S.PLANNED, LINKED, _STAFF),
    (_S.PLANNED, _A.HAND_OVER): to(_S.PLANNED, HANDED_OVER, _STAFF),
    (_S.PLANNED, _A.MOVE_END): to(_S.PLANNED, END_MOVED, _STAFF, needs_words=True),
    (_S.PLANNED, _A.START): to(_S.UNDER_WAY, STARTED, _STAFF, _OWNER),
    (_S.PLANNED, _A.STOP): to(_S.STOPPED, STOPPED, _STAFF, needs_words=True),
    (_S.UNDER_WAY, _A.NOTE): to(_S.UNDER_WAY, NOTED, _STAFF, _OWNER, needs_words=True),
    (_S.UNDER_WAY, _A.PUBLISH): to(_S.UNDER_WAY, NOTE_OUT, _STAFF, _OWNER),
    (_S.UNDER_WAY, _A.SCHEDULE): to(_S.UNDER_WAY, SCHEDULED, _STAFF, _OWNER, needs_words=True),
    (_S.UNDER_WAY, _A.REACH): to(_S.UNDER_WAY, REACHED, _STAFF, _OWNER),
    (_S.UNDER_WAY, _A.POSTPONE): to(_S.UNDER_WAY, POSTPONED, _STAFF, _OWNER, needs_words=True),
    (_S.UNDER_WAY, _A.LINK): to(_S.UNDER_WAY, LINKED, _STAFF),
    (_S.UNDER_WAY, _A.HAND_OVER): to(_S.UNDER_WAY, HANDED_OVER, _STAFF),
    (_S.UNDER_WAY, _A.MOVE_END): to(_S.UNDER_WAY, END_MOVED, _STAFF, needs_words=True),
    (_S.UNDER_WAY, _A.FINISH): to(_S.DONE, FINISHED, _STAFF, _OWNER, needs_words=True),
    (_S.UNDER_WAY, _A.STOP): to(_S.STOPPED, STOPPED, _STAFF, needs_words=True),
    (_S.DONE, _A.PUBLISH): to(_S.DONE, NOTE_OUT, _STAFF, _OWNER),
    (_S.STOPPED, _A.PUBLISH): to(_S.STOPPED, NOTE_OUT, _STAFF, _OWNER),
    (_S.STOPPED, _A.TAKE_UP): to(_S.UNDER_WAY, TAKEN_UP, _STAFF, needs_words=True),
}
FLOW = Flow("project_state", MOVES)

OPEN = frozenset({ProjectState.PLANNED, ProjectState.UNDER_WAY})
PUBLIC = frozenset({ProjectState.UNDER_WAY, ProjectState.DONE, ProjectState.STOPPED})
