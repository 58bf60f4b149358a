"""The hazard ledger of a desk as a sheet: as the list shows it, masked, and nobody who found."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from config.categories import label_of
from jobs.listings import PAGE, Query, listing, moment, word
from jobs.sheets import Value
from models.hazards import desk
from models.hazards.desk import Row, sight_of, wanted_of
from models.masking import masked


@listing("hazards")
class Hazards:
    """隐患清单 — of one group, with the conditions of the list, the latest first."""

    keys = ("state", "finder", "area", "round", "from", "to", "q")

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
        further = found[-1].hazard.id if len(found) == PAGE else None
        return [_cells(one) for one in found], further


def _cells(row: Row) -> Sequence[Value]:
    hazard = row.hazard
    return (
        hazard.number,
        word(hazard.found_by, "finder"),
        moment(hazard.found_at),
        label_of(hazard.category, hazard.subcategory),
        hazard.place_name,
        masked(hazard.spot or ""),
        masked(row.words),
        word(hazard.state, "hazard_state"),
        row.ticket.number if row.ticket else "",
        moment(hazard.moved_at),
    )
