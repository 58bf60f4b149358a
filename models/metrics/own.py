"""What one person had in hand: for their own eyes, in no list and beside nobody else."""

from collections import Counter
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.metrics.counted import COLUMNS, CountedTicket
from models.metrics.periods import Period
from models.metrics.tally import Counts, tally
from models.tickets.table import Ticket


def own_figures(session: Session, reader_id: int, period: Period, now: datetime) -> Counts:
    """Of the reader alone: whose figures and who reads them are one and the same argument.

    Counted are the matters that the reader has now, or had when they ended.
    """
    reported = func.coalesce(Ticket.reported_at, Ticket.opened_at)
    rows = session.execute(
        select(*COLUMNS).where(
            Ticket.owner_id == reader_id, reported >= period.since, reported < period.until
        )
    )
    return sum((tally(CountedTicket(*row), now) for row in rows), Counter())
