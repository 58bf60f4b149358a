"""The states of a supervision, and who may do what in each."""

from enum import StrEnum

from models.moves import Flow, to


class SupervisionState(StrEnum):
    """督办状态 — where a supervision stands."""

    ASKED = "asked"
    ANSWERED = "answered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class SupervisionAction(StrEnum):
    """督办动作 — what is done with a supervision."""

    ANSWER = "answer_supervision"
    TAKE_BACK = "take_back"
    CLOSE = "close"
    ASK_AGAIN = "ask_again"
    MOVE_DAY = "move_day"
    TALK = "talk"
    WITHDRAW = "withdraw"


class Side(StrEnum):
    """督办的一方 — what somebody is to a supervision."""

    SUPERVISOR = "supervisor"
    ASKED = "asked"
    CLOCK = "clock"


ASKED, ANSWERED = "supervision_asked", "supervision_answered"
TAKEN_BACK, ASKED_AGAIN = "supervision_taken_back", "supervision_asked_again"
DAY_MOVED, TALKED = "supervision_day_moved", "supervision_talked"
CLOSED, WITHDRAWN = "supervision_closed", "supervision_withdrawn"
REMINDED, LATE = "supervision_reminded", "supervision_late"

_S, _A = SupervisionState, SupervisionAction
_BY, _OF = Side.SUPERVISOR, Side.ASKED

MOVES = {
    (_S.ASKED, _A.ANSWER): to(_S.ANSWERED, ANSWERED, _OF, needs_words=True),
    (_S.ASKED, _A.MOVE_DAY): to(_S.ASKED, DAY_MOVED, _BY),
    (_S.ASKED, _A.TALK): to(_S.ASKED, TALKED, _BY, needs_words=True),
    (_S.ASKED, _A.WITHDRAW): to(_S.WITHDRAWN, WITHDRAWN, _BY, needs_words=True),
    (_S.ANSWERED, _A.TAKE_BACK): to(_S.ASKED, TAKEN_BACK, _OF),
    (_S.ANSWERED, _A.CLOSE): to(_S.CLOSED, CLOSED, _BY),
    (_S.ANSWERED, _A.ASK_AGAIN): to(_S.ASKED, ASKED_AGAIN, _BY, needs_words=True),
    (_S.ANSWERED, _A.TALK): to(_S.ANSWERED, TALKED, _BY, needs_words=True),
    (_S.ANSWERED, _A.WITHDRAW): to(_S.WITHDRAWN, WITHDRAWN, _BY, needs_words=True),
}
FLOW = Flow("supervision_state", MOVES)

OPEN = frozenset({SupervisionState.ASKED, SupervisionState.ANSWERED})
