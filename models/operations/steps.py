"""How steps on joint operations are taken, and which of them are taken back."""

from models.operations import sides
from models.operations.flow import (
    ASKED_MORE,
    CORRECTED,
    ENDED,
    FLOW,
    FOUND,
    INVITED,
    PLANNED,
    REPLIED,
    UNDONE,
    OperationAction,
)
from models.operations.table import Operation
from models.operations.telling import SUBJECT
from models.stepping import Steps

STEPS = Steps(
    SUBJECT,
    Operation,
    FLOW,
    sides.held,
    taken_back_as={
        PLANNED: OperationAction.UNPLAN,
        ASKED_MORE: OperationAction.UNINVITE,
        FOUND: OperationAction.CORRECT,
        CORRECTED: OperationAction.CORRECT,
        ENDED: OperationAction.REOPEN,
    },
    undone=UNDONE,
    # Replies are simply given anew; the first invitations go with the plan.
    beside=frozenset({INVITED, REPLIED}),
)
can = STEPS.can
