"""Keeps the daily rollups: takes in what has ended, and takes out what begins again."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Insert, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.metrics import cells, counted, tally
from models.metrics.cells import Cell, Map
from models.metrics.counted import COLUMNS, CountedTicket
from models.metrics.table import KEPT, MetricDay
from models.metrics.tally import Counts
from models.tickets.table import IS_TO_ROLL_UP, Ticket


def roll_up(session: Session, now: datetime, limit: int) -> int:
    """Takes in so many of the matters that have ended; returns how many there were."""
    rows = session.execute(
        select(*COLUMNS)
        .where(IS_TO_ROLL_UP)
        .order_by(Ticket.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = [CountedTicket(*row) for row in rows]
    _add(session, summed(found, cells.rolled_map(session, found), now))
    ended = [one.id for one in found]
    session.execute(update(Ticket).where(Ticket.id.in_(ended)).values(is_rolled_up=True))
    return len(found)


def take_out(session: Session, ticket: Ticket, now: datetime) -> None:
    """Before something is done to a ticket that was taken in: it counts by itself again."""
    if not ticket.is_rolled_up:
        return
    one = counted.of(ticket)
    added = summed([one], cells.rolled_map(session, [one]), now)
    _add(
        session,
        {cell: Counter({k: -n for k, n in counts.items()}) for cell, counts in added.items()},
    )
    ticket.is_rolled_up = False
    session.flush()


def summed(tickets: Iterable[CountedTicket], places: Map, now: datetime) -> dict[Cell, Counts]:
    found: dict[Cell, Counts] = {}
    for one in tickets:
        counts = tally.tally(one, now)
        for cell in places.cells(one):
            known = found.get(cell)
            if known is None:
                known = found[cell] = Counter()
            for name, number in counts.items():
                known[name] += number
    return found


def _add(session: Session, found: dict[Cell, Counts]) -> None:
    # In one order, so that two who add at once never wait for each other in a circle.
    rows = [
        {**cell._asdict(), **{name: found[cell][name] for name in KEPT}} for cell in sorted(found)
    ]
    if rows:
        session.execute(_ADDING, rows)


def _adding() -> Insert:
    # The same words on both stores.
    made = insert(MetricDay)
    return made.on_conflict_do_update(
        index_elements=list(Cell._fields),
        set_={name: MetricDay.__table__.c[name] + made.excluded[name] for name in KEPT},
    )


_ADDING = _adding()
