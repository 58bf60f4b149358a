"""The working calendar: a look ahead for years nobody entered, and what a change of it moves."""

from datetime import datetime

import structlog

from jobs.queue import task
from jobs.schedule import job
from models import calendar_gaps, work_calendars
from models.base import Database
from models.errors import StoreBusy
from models.tickets import recomputing
from models.tickets.table import Ticket

PAGE = 500
PAGES = 4  # a task, so that it ends long before its lease does

log = structlog.get_logger(__name__)


@job("calendar_ahead")
def calendar_ahead(database: Database, now: datetime) -> str | None:
    with database.writing() as session:
        years = calendar_gaps.tell_staff(session, now)
    return "missing=" + ",".join(map(str, years)) if years else None


@task(work_calendars.RECOMPUTE)
def recompute_deadlines(
    database: Database, now: datetime, area_id: int, revision: int, after: int
) -> None:
    """Page after page of the open tickets of an area whose calendar changed."""
    moved = 0
    for _ in range(PAGES):
        with database.reading() as session:
            page = recomputing.counted_there(session, area_id, after, PAGE)
            found = [one.id for one in page if recomputing.is_moved(one)]
            is_last = len(page) < PAGE
            after = page[-1].id if page else after
        moved += sum(_recompute(database, ticket_id, revision, now) for ticket_id in found)
        if is_last:
            break
    else:
        with database.writing() as session:
            work_calendars.ask_recomputing(session, area_id, revision, now, after)
    log.info("deadlines_recomputed", area_id=area_id, revision=revision, moved=moved)


def _recompute(database: Database, ticket_id: int, revision: int, now: datetime) -> bool:
    """In a transaction of its own: writers from the chat get in between, and one failure is one."""
    try:
        with database.writing() as session:
            ticket = session.get(Ticket, ticket_id, with_for_update=True)
            return ticket is not None and recomputing.recompute(session, ticket, revision, now)
    except StoreBusy:
        raise  # the task is run again later, and finds what it has not done
    except Exception as failure:
        # The text of a failed statement would hold what residents wrote.
        log.error("deadlines_not_recomputed", ticket_id=ticket_id, error=type(failure).__name__)
        return False
