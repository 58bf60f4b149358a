"""Tickets by the clock: reminders, the step up, the end of a pause, an owner for every matter."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from jobs.schedule import job
from models.base import Database
from models.tickets import gaps, refining, ticking
from models.tickets.table import Ticket

log = structlog.get_logger(__name__)

PAGE = 200

Work = Callable[[Session, Ticket, datetime], str | None]


@job("ticket_clock")
def ticket_clock(database: Database, now: datetime) -> str | None:
    """Each ticket in a transaction of its own, so that writers from the chat get in between."""
    done = Counter[str]()
    for page in _pages(database, now):
        done += _each(database, page, ticking.tick, now)
    return _counts(done)


@job("dispatch_ownerless")
def dispatch_ownerless(database: Database, now: datetime) -> str | None:
    """Dispatches what nobody owns as soon as a post is held; else staff hear of it once a day."""
    done, left, after = Counter[str](), 0, 0
    while True:
        with database.reading() as session:
            page = gaps.without_owner(session, after, PAGE)
        if not page:
            break
        after = page[-1]
        found = _each(database, page, _dispatch, now)
        left += len(page) - found["dispatched"]
        done += found
    if left:
        with database.writing() as session:
            gaps.tell_staff(session, left, now)
        done["left"] = left
    return _counts(done)


def _pages(database: Database, now: datetime) -> Iterator[list[int]]:
    # Onwards by moment and id: a ticket that fails stays due and must not block those after it.
    after = None
    while True:
        with database.reading() as session:
            page = ticking.due(session, now, after, PAGE)
        if not page:
            return
        after = page[-1]
        yield [ticket_id for _, ticket_id in page]


def _each(database: Database, ticket_ids: Iterable[int], work: Work, now: datetime) -> Counter[str]:
    done = Counter[str]()
    for ticket_id in ticket_ids:
        try:
            with database.writing() as session:
                # Who is at work on it right now goes first; the next minute finds it again.
                ticket = session.get(Ticket, ticket_id, with_for_update={"skip_locked": True})
                step = work(session, ticket, now) if ticket is not None else None
        except Exception as failure:
            # The text of a failed statement would hold what residents wrote.
            log.error("ticket_failed", ticket_id=ticket_id, error=type(failure).__name__)
            step = "failed"
        if step is not None:
            done[step] += 1
    return done


def _dispatch(session: Session, ticket: Ticket, now: datetime) -> str | None:
    is_free = ticket.is_open and ticket.owner_id is None
    return "dispatched" if is_free and refining.redispatch(session, ticket, now) else None


def _counts(done: Counter[str]) -> str | None:
    return " ".join(f"{name}={count}" for name, count in sorted(done.items())) or None
