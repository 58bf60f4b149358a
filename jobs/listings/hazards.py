"""The hazard ledger of a desk as a sheet: as the list shows it, masked, and nobody who found."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from config.categories import label_of
from jobs.listings import listing, moment, word
from jobs.listings.grouped import Grouped
from jobs.sheets import Value
from models.hazards import desk
from models.hazards.desk import Row
from models.masking import masked


@listing("hazards")
class Hazards(Grouped):
    """隐患清单 — of one group, with the conditions of the list, the latest first."""

    keys = ("state", "finder", "area", "round", "from", "to", "q")

    lists = desk

    def cells(self, session: Session, row: Row) -> Sequence[Value]:
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
