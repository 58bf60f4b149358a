"""The projects of a desk as a sheet: what stands on the list, masked."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from jobs.listings import PAGE, Query, listing, moment, word
from jobs.sheets import Value
from models.masking import masked
from models.projects import lists
from models.projects.lists import Row, wanted_of


@listing("projects")
class Projects:
    """项目清单 — of one group and kind, the latest first."""

    keys = ("group", "kind")

    def count(
        self, session: Session, person_id: int, query: Query, now: datetime, most: int
    ) -> int:
        wanted = wanted_of(query)
        return min(lists.counts(session, person_id, wanted, now)[wanted.group], most)

    def page(
        self, session: Session, person_id: int, query: Query, now: datetime, after: int
    ) -> tuple[Sequence[Sequence[Value]], int | None]:
        found = lists.rows(session, person_id, wanted_of(query), now, after or None, PAGE)
        further = found[-1].project.id if len(found) == PAGE else None
        return [_cells(row) for row in found], further


def _cells(row: Row) -> Sequence[Value]:
    project = row.project
    return (
        project.id,
        word(project.kind, "project_kind"),
        masked(project.title),
        masked(project.goal),
        row.area,
        word(row.department, "department") + word(row.role, "role"),
        row.owner,
        word(project.state, "project_state"),
        project.due_on.isoformat(),
        moment(project.ended_at),
        masked(project.result or ""),
    )
