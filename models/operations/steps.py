"""How steps on joint operations are taken, and which of them are taken back."""

from models.operations import sides
from models.operations.flow import (
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
        FOUND: OperationAction.CORRECT,
        CORRECTED: OperationAction.CORRECT,
        ENDED: OperationAction.REOPEN,
    },
    undone=UNDONE,
    # Replies are simply given anew; who is invited is invited with the plan.
    beside=frozenset({INVITED, REPLIED}),
)
can = STEPS.can
