"""Tickets by the clock: reminders, the step up, the end of a pause, an owner for every matter."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.orm import Session

from jobs.schedule import job
from models.base import Database
from models.tickets import gaps, refining, relieving, ticking
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
    """Finds somebody for what nobody owns and for what its owner has left behind.

    Staff hear of what is left, for want of a post that is held.
    """
    done = Counter[str]()
    found = (
        (gaps.without_owner, _dispatch),
        (partial(relieving.left_behind, now=now), _relieve),
        (partial(relieving.accusing_its_owner, now=now), _relieve),
    )
    for find, work in found:
        for page in _numbered(database, find):
            done += _each(database, page, work, now)
    if done["left"]:
        with database.writing() as session:
            gaps.tell_staff(session, done["left"], now)
    return _counts(done)


def _numbered(database: Database, find: Callable[..., Sequence[int]]) -> Iterator[Sequence[int]]:
    after = 0
    while True:
        with database.reading() as session:
            page = find(session, after=after, limit=PAGE)
        if not page:
            return
        after = page[-1]
        yield page


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
    if not ticket.is_open or ticket.owner_id is not None:
        return None
    return "dispatched" if refining.redispatch(session, ticket, now) else "left"


def _relieve(session: Session, ticket: Ticket, now: datetime) -> str | None:
    if not ticket.is_open or not relieving.is_left(session, ticket, now):
        return None
    return "relieved" if relieving.relieve(session, ticket, now) else "left"


def _counts(done: Counter[str]) -> str | None:
    return " ".join(f"{name}={count}" for name, count in sorted(done.items())) or None
