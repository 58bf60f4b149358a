"""Tickets of past years, quickly: a block of them with what hangs on them, copied by the store."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from models.base import Base, Database
from models.events import Event
from models.homes import Home
from models.places import Area
from models.posts import Post, Role
from models.ticket_flow import OPEN, State
from models.tickets.table import Answer, Assignment, Part, Ticket
from tests.bench.bulk import Row, settle_down
from tests.bench.figures import DAYS, ticket_row

BLOCK = 10_000
SERVING = (Role.GRID_WORKER, Role.COMMUNITY_STAFF, Role.PROPERTY_STAFF)
TOLD = (
    ("ticket_opened", None, State.REPORTED),
    ("ticket_dispatched", State.REPORTED, State.DISPATCHED),
    ("ticket_accepted", State.DISPATCHED, State.ACCEPTED),
    ("ticket_resolved", State.ACCEPTED, State.RESOLVED),
    ("ticket_rated", State.RESOLVED, State.ARCHIVED),
)
# Table → its column that names the ticket, and how many rows of it hang on one.
HANGING = {Ticket: ("id", 1), Assignment: ("ticket_id", 1), Event: ("subject_id", len(TOLD))}
Firsts = Mapping[type[Base], int]


def live_through(database: Database, tickets: int, now: datetime) -> None:
    """So many ended tickets, each with its task and its events; and the open ones of one block,
    because what is open does not grow with the years."""
    if not tickets:
        return
    rows = _block(database, now)
    ended = [row for row in rows if row["state"] not in OPEN][:tickets]
    with database.writing() as session:
        if not database.is_sqlite:
            session.execute(text("SET LOCAL statement_timeout = 0"))
        firsts = {table: _next_id(session, table) for table in HANGING}
        _put(session, firsts, ended)
        for have, more in _doublings(len(ended), tickets):
            for table, (naming, each) in HANGING.items():
                shifts = {"id": have * each, naming: have}
                _copy(session, table, firsts[table], more * each, shifts)
        firsts = {table: _next_id(session, table) for table in HANGING}
        _put(session, firsts, [row for row in rows if row["state"] in OPEN])
        if not database.is_sqlite:
            _count_on(session)
    settle_down(database)


def _doublings(have: int, wanted: int) -> Iterator[tuple[int, int]]:
    """How many there are, and how many of them are copied, time after time."""
    while have < wanted:
        more = min(have, wanted - have)
        yield have, more
        have += more


def _block(database: Database, now: datetime) -> list[Row]:
    chance = Random(2026)
    with database.reading() as session:
        homes = session.execute(select(Home.area_id, Home.person_id)).all()
        places = {
            one.id: one
            for one in session.execute(select(Area.id, Area.community_id, Area.name)).all()
        }
        serving = select(Post.id, Post.person_id, Area.community_id).join(Area)
        holders = session.execute(serving.where(Post.role.in_(SERVING))).all()
    rows = []
    for _ in range(BLOCK):
        area_id, reporter = chance.choice(homes)
        near = [one for one in holders if one.community_id == places[area_id].community_id]
        holder = chance.choice(near or holders)
        at = now - timedelta(minutes=chance.randrange(DAYS * 24 * 60))
        row = ticket_row(chance, [places[area_id]], [holder.id], reporter, at)
        rows.append(row | {"owner_id": holder.person_id, "is_rolled_up": row["state"] not in OPEN})
    return rows


def _next_id(session: Session, table: type[Base]) -> int:
    return (session.scalar(select(func.max(table.__table__.c.id))) or 0) + 1


def _put(session: Session, firsts: Firsts, tickets: Sequence[Row]) -> None:
    numbered = _numbered(tickets, firsts[Ticket])
    session.execute(insert(Ticket), numbered)
    tasks = [_task(row) for row in numbered]
    session.execute(insert(Assignment), _numbered(tasks, firsts[Assignment]))
    events = [event for row in numbered for event in _events(row)]
    session.execute(insert(Event), _numbered(events, firsts[Event]))


def _numbered(rows: Sequence[Row], first: int) -> list[Row]:
    return [row | {"id": number} for number, row in enumerate(rows, first)]


def _task(ticket: Row) -> Row:
    return {
        "ticket_id": ticket["id"],
        "post_id": ticket["owner_post_id"],
        "person_id": ticket["owner_id"],
        "part": Part.OWNER,
        "answer": Answer.ACCEPTED if ticket["state"] in OPEN else Answer.DONE,
        "asked_at": ticket["opened_at"],
        "answered_at": ticket["opened_at"],
    }


def _events(ticket: Row) -> list[Row]:
    """All that a ticket's life has; of an open one as far as it has come."""
    return [
        {
            "subject_kind": "ticket",
            "subject_id": ticket["id"],
            "verb": verb,
            "old": old,
            "new": new,
            "area_id": ticket["area_id"],
            "detail": {},
            "at": ticket["opened_at"],
        }
        for verb, old, new in (TOLD[:3] if ticket["state"] in OPEN else TOLD)
    ]


def _copy(
    session: Session, table: type[Base], first: int, many: int, shifts: Mapping[str, int]
) -> None:
    columns = table.__table__.c
    copied = [one + shifts[one.name] if one.name in shifts else one for one in columns]
    found = select(*copied).where(columns.id >= first, columns.id < first + many)
    session.execute(insert(table.__table__).from_select([one.name for one in columns], found))


def _count_on(session: Session) -> None:
    """PostgreSQL's own counting goes on after the last of them."""
    for table in HANGING:
        last = _next_id(session, table) - 1
        sequence = func.pg_get_serial_sequence(table.__tablename__, "id")
        session.execute(select(func.setval(sequence, last)))
