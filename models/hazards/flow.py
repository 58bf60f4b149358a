"""The states of a hazard in the ledger, and who may move it from one to another."""

from enum import StrEnum

from models.moves import Flow, to
from models.ticket_flow import OPEN, Outcome, State


class HazardState(StrEnum):
    """隐患状态 — where a hazard stands."""

    FOUND = "found"  # nobody has said yet what became of it
    SOLVED = "solved_on_the_spot"
    PASSED_UP = "passed_up"
    RECTIFIED = "rectified"
    CANNOT_FIX = "cannot_fix"
    NOT_OURS = "not_ours"
    MERGED = "merged"  # the ticket it went to is part of another that stands here by itself
    WITHDRAWN = "withdrawn"
    STRUCK = "struck"  # is none, after all
    TAKEN_BACK = "taken_back"


class HazardAction(StrEnum):
    """隐患动作 — what is done with a hazard. Its ticket does the rest."""

    SOLVE = "solve"
    PASS_UP = "pass_up"
    STRIKE = "strike"


class Side(StrEnum):
    """隐患的一方 — what somebody is to a hazard."""

    FINDER = "finder"
    KEEPER = "keeper"
    CLOCK = "clock"
    TICKET = "ticket"  # what happens to its ticket moves it


class Finder(StrEnum):
    """发现方 — by whom a hazard was found."""

    PATROL = "patrol"
    GRID = "grid"
    PROPERTY = "property"
    STAFF = "staff"
    RESIDENT = "resident"


class Entry(StrEnum):
    """入账方式 — what put it into the ledger."""

    SAID = "said"  # by who found it
    CLASS = "class"  # the class of a report; it leaves when the class was wrong
    STAFF = "staff"  # a keeper's word, which no change of class outweighs


FOUND, SOLVED, PASSED_UP = "hazard_found", "hazard_solved", "hazard_passed_up"
FOLLOWED, PLACED = "hazard_followed", "hazard_placed"
STRUCK, UNDONE = "hazard_struck", "hazard_undone"

_S, _A = HazardState, HazardAction
_OURS = Side.FINDER, Side.KEEPER
_STRIKE = to(_S.STRUCK, STRUCK, Side.KEEPER, needs_words=True)

MOVES = {
    (_S.FOUND, _A.SOLVE): to(_S.SOLVED, SOLVED, *_OURS),
    (_S.FOUND, _A.PASS_UP): to(_S.PASSED_UP, PASSED_UP, *_OURS, Side.CLOCK),
    (_S.FOUND, _A.STRIKE): _STRIKE,
    # It was not solved after all, or is there again.
    (_S.SOLVED, _A.PASS_UP): to(_S.PASSED_UP, PASSED_UP, *_OURS),
    (_S.SOLVED, _A.STRIKE): _STRIKE,
    (_S.PASSED_UP, _A.STRIKE): _STRIKE,
}
FLOW = Flow("hazard_state", MOVES)

WAITING = frozenset({HazardState.FOUND, HazardState.PASSED_UP})
# Between these it moves as its ticket does, in any order; a person's word ends that.
FOLLOWING = frozenset(
    {
        *(HazardState.PASSED_UP, HazardState.RECTIFIED, HazardState.CANNOT_FIX),
        *(HazardState.NOT_OURS, HazardState.MERGED, HazardState.WITHDRAWN),
    }
)

_BY_OUTCOME = {
    Outcome.FIXED: HazardState.RECTIFIED,
    Outcome.CANNOT_FIX: HazardState.CANNOT_FIX,
    Outcome.NOT_OURS: HazardState.NOT_OURS,
    Outcome.DUPLICATE: HazardState.MERGED,
    Outcome.WITHDRAWN: HazardState.WITHDRAWN,
}


def state_by(state: State, outcome: Outcome | None) -> HazardState:
    """Where a hazard stands whose ticket stands so."""
    if state in OPEN or outcome is None:
        return HazardState.PASSED_UP
    return _BY_OUTCOME[outcome]
