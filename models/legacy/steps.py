"""How steps on legacy problems are taken, and which of them are taken back."""

from models.legacy import sides
from models.legacy.flow import ENDED, FLOW, OPENED, REACHED, UNDONE, LegacyAction
from models.legacy.table import LegacyProblem
from models.legacy.telling import SUBJECT
from models.stepping import Steps

STEPS = Steps(
    SUBJECT,
    LegacyProblem,
    FLOW,
    sides.held,
    taken_back_as={
        OPENED: LegacyAction.CANCEL,
        REACHED: LegacyAction.UNREACH,
        ENDED: LegacyAction.REOPEN,
    },
    undone=UNDONE,
)
can = STEPS.can
