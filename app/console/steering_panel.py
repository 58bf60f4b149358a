"""What the page of a ticket shows of its project and its supervisions."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.console.beside import Beside
from app.console.desk import Desk
from models.posts import PAID
from models.projects.sides import staff_roles
from models.projects.table import Project
from models.supervisions import lists, sides
from models.supervisions.lists import Row
from models.tickets.table import Ticket


@dataclass(frozen=True, slots=True)
class SteeringShown:
    """调度的面板 — the project and the supervisions of a ticket, and what may be begun."""

    project: Project | None
    may_project: bool
    rows: Sequence[Row]
    readable: Sequence[int]  # which of the supervisions may be opened
    may_ask: bool

    @property
    def ids(self) -> list[int]:
        return [row.one.id for row in self.rows]


def of_ticket(session: Session, desk: Desk, found: Ticket, known: Beside) -> SteeringShown:
    """Supervisions are for paid staff, whoever asked."""
    roles, by = desk.staff.roles, desk.staff.person_id
    is_shown = known.has_supervisions and bool(roles & PAID)
    rows = lists.of_ticket(session, found.id) if is_shown else []
    asks = found.is_open and bool(roles & sides.supervisors())
    return SteeringShown(
        known.project,
        found.is_open and bool(roles & staff_roles()),
        rows,
        known.supervisions if is_shown else (),
        asks and bool(sides.choices(session, [found], by, desk.now)),
    )
