"""The joint operations of a desk as a sheet: what stands on the list, with its sums."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from jobs.listings import PAGE, Query, listing, moment, word
from jobs.sheets import Value
from models.masking import masked
from models.operations import desk, lists, sides
from models.operations.desk import Row, sight_of, wanted_of
from models.operations.flow import Reply


@listing("operations")
class Operations:
    """专项整治清单 — of one group, with the conditions of the list, the latest first."""

    keys = ("state", "area", "q")

    def count(
        self, session: Session, person_id: int, query: Query, now: datetime, most: int
    ) -> int:
        wanted = wanted_of(query)
        found = desk.counts(session, sight_of(session, person_id, now), wanted)
        return min(found[wanted.group], most)

    def page(
        self, session: Session, person_id: int, query: Query, now: datetime, after: int
    ) -> tuple[Sequence[Sequence[Value]], int | None]:
        sight = sight_of(session, person_id, now)
        found = desk.rows(session, sight, wanted_of(query), after or None, PAGE)
        further = found[-1].operation.id if len(found) == PAGE else None
        return [_cells(session, one) for one in found], further


def _cells(session: Session, row: Row) -> Sequence[Value]:
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
