"""The queue as a sheet: what the desk sees of it, masked, and nobody who reported."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from config.categories import label_of
from jobs.listings import PAGE, Query, listing, moment, word
from jobs.sheets import Value
from models.masking import masked
from models.tickets import queue
from models.tickets.asked import conditions_of
from models.tickets.queue import Row
from models.tickets.sight import sight_of


@listing("tickets")
class Tickets:
    """工单清单 — of one group, with the conditions of the queue."""

    keys = ("group", "category", "area", "urgency", "due", "owner", "returned", "whistled", "q")

    def count(
        self, session: Session, person_id: int, query: Query, now: datetime, most: int
    ) -> int:
        sight = sight_of(session, person_id, now)
        return min(queue.count(session, sight, conditions_of(query), now), most)

    def page(
        self, session: Session, person_id: int, query: Query, now: datetime, after: int
    ) -> tuple[Sequence[Sequence[Value]], int | None]:
        sight, wanted = sight_of(session, person_id, now), conditions_of(query)
        found = queue.rows_by_number(session, sight, wanted, now, after or None, PAGE)
        further = found[-1].ticket.id if len(found) == PAGE else None
        return [_cells(one) for one in found], further


def _cells(row: Row) -> Sequence[Value]:
    ticket = row.ticket
    owner = word(row.owner_department, "department") + word(row.owner_role, "role")
    return (
        ticket.number,
        word(ticket.state, "state"),
        label_of(ticket.category, ticket.subcategory),
        word(ticket.urgency, "urgency"),
        ticket.place_name,
        masked(ticket.spot or ""),
        masked(ticket.text or ""),
        ticket.households,
        owner,
        row.owner_name,
        moment(ticket.reported_at or ticket.opened_at),
        moment(ticket.resolve_due_at),
        word(ticket.outcome, "outcome"),
    )
