"""Holds rows and rollups against the events, and makes both anew from them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from models.base import Database
from models.metrics import cells, rollups
from models.metrics.cells import Cell
from models.metrics.counted import COLUMNS, CountedTicket
from models.metrics.retelling import retold
from models.metrics.table import KEPT, MetricDay
from models.metrics.tally import Counts
from models.tickets.table import Ticket

PAGE = 1000
# Columns that nothing but the figures reads: the events may set them right. What else differs is
# for a person to look at.
OWN = frozenset(
    {"reported_at", "is_answered_late", "is_resolved_late", "joined_ratings", "joined_satisfied"}
)
_DUE = frozenset({"accept_due_at", "resolve_due_at"})  # counts only while a ticket is open


@dataclass(frozen=True, slots=True)
class Differing:
    """不符 — a ticket whose row is not what its events say, and in what."""

    told: CountedTicket
    names: tuple[str, ...]


@dataclass(slots=True)
class Comparison:
    """核对结果 — how many tickets and cells were compared, and which are not alike."""

    tickets: int = 0
    differing: list[Differing] = field(default_factory=list)
    cells: int = 0
    wrong_cells: list[Cell] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        return not (self.differing or self.wrong_cells)


@contextmanager
def one_moment(database: Database) -> Iterator[Session]:
    """Sees nothing of what is written meanwhile; PostgreSQL would, from statement to statement."""
    with database.reading() as session:
        if not database.is_sqlite:
            session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        yield session


def compare(session: Session, now: datetime) -> Comparison:
    """All rows and rollups with all events; needs `one_moment` where others write."""
    found, expected = Comparison(), dict[Cell, Counts]()
    for first in range(1, (session.scalar(select(func.max(Ticket.id))) or 0) + 1, PAGE):
        rows = _rows(session, first)
        told = {one.id: one for one in retold(session, first, first + PAGE - 1)}
        found.tickets += len(rows)
        found.differing += _differing(told, [one for one, _ in rows])
        taken_in = [told[one.id] for one, is_rolled_up in rows if is_rolled_up and one.id in told]
        places = cells.rolled_map(session, taken_in)
        for cell, counts in rollups.summed(taken_in, places, now).items():
            expected.setdefault(cell, Counter()).update(counts)
    _compare_cells(session, found, expected)
    return found


def _rows(session: Session, first: int) -> list[tuple[CountedTicket, bool]]:
    rows = session.execute(
        select(*COLUMNS, Ticket.is_rolled_up)
        .where(Ticket.id.between(first, first + PAGE - 1))
        .order_by(Ticket.id)
    )
    return [(CountedTicket(*row[:-1]), row[-1]) for row in rows]


def _differing(
    told: dict[int, CountedTicket], rows: Sequence[CountedTicket]
) -> Iterator[Differing]:
    for row in rows:
        other = told.get(row.id)
        if other is None:
            yield Differing(row, ("events",))
            continue
        names = tuple(name for name in _names(row) if getattr(row, name) != getattr(other, name))
        if names:
            yield Differing(other, names)


def _names(row: CountedTicket) -> Iterator[str]:
    for one in fields(CountedTicket):
        if row.is_open or one.name not in _DUE:
            yield one.name


def _compare_cells(session: Session, found: Comparison, expected: dict[Cell, Counts]) -> None:
    day = MetricDay
    columns = (getattr(day, name) for name in (*Cell._fields, *KEPT))
    kept = {
        Cell(*row[:4]): +Counter(dict(zip(KEPT, row[4:], strict=True)))
        for row in session.execute(select(*columns))
    }
    kept = {cell: counts for cell, counts in kept.items() if counts}
    found.cells = len(expected)
    both = kept.keys() | expected.keys()
    found.wrong_cells = sorted(one for one in both if kept.get(one) != expected.get(one))


def set_right(session: Session, differing: Sequence[Differing]) -> None:
    """Writes what the events say into the columns that are the figures' own."""
    for one in differing:
        values = {name: getattr(one.told, name) for name in one.names if name in OWN}
        if values:
            session.execute(update(Ticket).where(Ticket.id == one.told.id).values(values))


def empty(session: Session) -> None:
    """Throws the rollups away; until they are made anew every ticket is counted by itself."""
    session.execute(delete(MetricDay))
    session.execute(update(Ticket).where(Ticket.is_rolled_up).values(is_rolled_up=False))
