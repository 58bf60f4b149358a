"""The supervisions of a desk as a sheet: what stands on the list, masked."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from jobs.listings import PAGE, Query, listing, moment, word
from jobs.sheets import Value
from models.masking import masked
from models.supervisions import lists
from models.supervisions.lists import Row, group_of


@listing("supervisions")
class Supervisions:
    """督办清单 — of one group, the latest first."""

    keys = ("group",)

    def count(
        self, session: Session, person_id: int, query: Query, now: datetime, most: int
    ) -> int:
        return min(lists.counts(session, person_id, now)[group_of(query)], most)

    def page(
        self, session: Session, person_id: int, query: Query, now: datetime, after: int
    ) -> tuple[Sequence[Sequence[Value]], int | None]:
        found = lists.rows(session, person_id, group_of(query), now, after or None, PAGE)
        further = found[-1].one.id if len(found) == PAGE else None
        return [_cells(row, now) for row in found], further


def _cells(row: Row, now: datetime) -> Sequence[Value]:
    supervision = row.one
    return (
        supervision.id,
        masked(row.project) if row.project else " ".join(f"#{one}" for one in row.tickets),
        row.area,
        masked(row.note),
        row.supervisor,
        word(row.department, "department") + word(row.role, "role"),
        row.asked,
        word(supervision.state, "supervision_state"),
        moment(supervision.asked_at),
        supervision.due_on.isoformat(),
        moment(supervision.answered_at),
        word("late" if supervision.is_late(now) else None, "supervision_group"),
    )
