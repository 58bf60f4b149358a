"""The legacy problems of a desk as a sheet: what stands on the list."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from jobs.listings import listing, moment, word
from jobs.listings.grouped import Grouped
from jobs.sheets import Value
from models.legacy import desk
from models.legacy.desk import Row
from models.masking import masked


@listing("legacy")
class Legacy(Grouped):
    """一事一策清单 — of one group, with the conditions of the list, the latest first."""

    lists = desk

    def cells(self, session: Session, row: Row) -> Sequence[Value]:
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
