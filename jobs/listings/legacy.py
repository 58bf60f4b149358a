"""The legacy problems of a desk as a sheet: what stands on the list."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from jobs.listings import PAGE, Query, listing, moment, word
from jobs.sheets import Value
from models.legacy import desk
from models.legacy.desk import Row, sight_of, wanted_of
from models.masking import masked


@listing("legacy")
class Legacy:
    """一事一策清单 — of one group, with the conditions of the list, the latest first."""

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
        further = found[-1].problem.id if len(found) == PAGE else None
        return [_cells(one) for one in found], further


def _cells(row: Row) -> Sequence[Value]:
    problem = row.problem
    return (
        masked(problem.title),
        row.area,
        word(problem.state, "legacy_state"),
        word(problem.outcome, "legacy_outcome"),
        moment(problem.opened_at),
        row.next_due.isoformat() if row.next_due else "",
        row.reached,
        row.milestones,
        row.tickets,
        moment(problem.ended_at),
    )
