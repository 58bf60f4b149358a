"""What the page of a ticket shows of its supervisions: to paid staff, whoever asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.console.desk import Desk
from models.posts import PAID
from models.supervisions import lists, sides
from models.supervisions.lists import Row
from models.tickets.table import Ticket


@dataclass(frozen=True, slots=True)
class SupervisionsShown:
    """督办的面板 — those of a ticket, which of them may be opened, and whether one may ask."""

    rows: Sequence[Row]
    readable: frozenset[int]
    may_ask: bool

    @property
    def ids(self) -> list[int]:
        return [row.one.id for row in self.rows]


NOTHING = SupervisionsShown((), frozenset(), False)


def of_ticket(session: Session, desk: Desk, found: Ticket) -> SupervisionsShown:
    if not desk.staff.roles & PAID:
        return NOTHING
    by = desk.staff.person_id
    rows = lists.of_ticket(session, found.id)
    readable = lists.readable_of(session, [row.one.id for row in rows], by, desk.now)
    asks = bool(desk.staff.roles & sides.supervisors())
    may_ask = asks and found.is_open and bool(sides.choices(session, [found], by, desk.now))
    return SupervisionsShown(rows, readable, may_ask)
