"""Title and text of a result sheet, drawn from the counts. No person is named or compared."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from bots.rendering import render
from models.operations import lists, sides, telling
from models.operations.table import Finding, Member, Operation


def drawn(session: Session, operation: Operation) -> tuple[str, str]:
    found, members = lists.findings(session, operation), sides.members(session, operation)
    return worded(operation, telling.facts(session, operation), found, members)


def worded(
    operation: Operation,
    facts: Mapping[str, Any],
    found: Sequence[Finding],
    members: Sequence[Member],
) -> tuple[str, str]:
    """The same of what was read already."""
    context = {
        **facts,
        "sums": lists.sums_of(found),
        "began": (operation.started_at or operation.starts_at).isoformat(),
        "took_part": [
            {"role": role, "department": department} for role, department in lists.came(members)
        ],
        "tickets": sum(one.ticket_id is not None for one in found),
    }
    return render("operation_sheet_title", context), render("operation_sheet", context)
