"""The joint operations of a desk as a sheet: what stands on the list, with its sums."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from jobs.listings import listing, moment, word
from jobs.listings.grouped import Grouped
from jobs.sheets import Value
from models.masking import masked
from models.operations import desk, lists, sides
from models.operations.desk import Row
from models.operations.flow import Reply


@listing("operations")
class Operations(Grouped):
    """专项整治清单 — of one group, with the conditions of the list, the latest first."""

    lists = desk

    def cells(self, session: Session, row: Row) -> Sequence[Value]:
        operation = row.operation
        found = lists.findings(session, operation)
        sums = [f"{one.label}{one.count}{one.unit}" for one in lists.sums_of(found)]
        members = sides.members(session, operation)
        return (
            operation.number,
            masked(operation.title),
            row.area,
            word(operation.state, "operation_state"),
            moment(operation.starts_at),
            moment(operation.started_at),
            moment(operation.ended_at),
            row.leader,
            sum(one.reply == Reply.COMING for one in members),
            "，".join(sums),
            len(lists.photos_of(session, operation)),
            sum(one.ticket_id is not None for one in found),
            f"#{operation.notice_id}" if operation.notice_id else "",
        )
