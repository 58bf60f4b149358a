"""Figures of 100,000 tickets: what the pages show is what the events alone tell, to the last one.

The first WALKED of them are lived through the real verbs, at random; the others are copies of
their rows and of their logs, since a verb takes milliseconds.
"""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Column, ColumnElement, case, func, insert, literal, select
from sqlalchemy.orm import Session

from models import registry
from models.base import Base, Database
from models.events import Event
from models.metrics import cells, rebuilding, rollups
from models.metrics.cells import Cell
from models.metrics.cuts import Axis
from models.metrics.figures import Scope
from models.metrics.periods import Period
from models.metrics.retelling import retold
from models.metrics.sheet import sheet
from models.metrics.table import Slice
from models.metrics.tally import Counts
from models.places import Area, AreaKind
from models.sealing import KEYRING
from models.tickets.table import Ticket
from tests.factories import MORNING, town
from tests.models.test_metrics import ACTIONS, BESIDE, PLACES, REPORTS, ROLES, Story

WALKED = 1200
STEPS = 20
DAYS = 60
MINUTES = (1, 5, 60, 60 * 24, 60 * 24 * 9)
WAYS = (*ACTIONS, *ACTIONS, *(one for one in BESIDE if one != "erase"))
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
LATER = MORNING + timedelta(days=200)
KINDS = (AreaKind.DISTRICT, AreaKind.COMMUNITY, AreaKind.ESTATE, AreaKind.GRID)
SLICES = {Axis.CATEGORY: Slice.CATEGORY, Axis.LEVEL: Slice.LEVEL}


def prove(tickets: int, seed: int) -> dict[str, object]:
    KEYRING.use({"1": bytes(32)})
    registry.load_tables()
    chance, walked = Random(seed), min(tickets, WALKED)
    with tempfile.TemporaryDirectory() as folder:
        store = Database(f"sqlite:///{Path(folder) / 'linli.db'}", synchronous="OFF")
        Base.metadata.create_all(store.writer)
        town(store, MORNING - timedelta(days=30))
        for _ in range(0, walked, REPORTS):
            with store.writing() as session:
                _live(session, chance)
        with store.writing() as session:
            made = _copy(session, tickets)
            while rollups.roll_up(session, LATER, 5000) and chance.random() < 0.9:
                pass
        with store.reading() as session:
            found = rebuilding.compare(session, LATER)
            differ = len(found.differing) + len(found.wrong_cells)
            differ += sum(1 for _ in wrong_numbers(session, made))
        store.dispose()
    return {
        "name": "figures",
        "tickets": found.tickets,
        "walked": walked,
        "sums": found.cells,
        "differ": differ,
        "seed": seed,
    }


def _live(session: Session, chance: Random) -> None:
    places = [chance.choice(PLACES) for _ in range(REPORTS)]
    story = Story(session, places, MORNING + timedelta(days=chance.randrange(DAYS)))
    for _ in range(STEPS):
        which, other = chance.randrange(REPORTS), chance.randrange(REPORTS)
        who, number = chance.randrange(len(ROLES)), chance.randrange(1, 6)
        story.step(chance.choice(WAYS), which, other, who, number, chance.choice(MINUTES))


def _copy(session: Session, tickets: int) -> int:
    """Rows and logs once more, under higher numbers, until there are so many; returns how many."""
    session.flush()
    lived = session.scalar(select(func.max(Ticket.id))) or 0
    for offset in range(lived, tickets, lived):
        moved = Ticket.id + offset
        columns = [one for one in Ticket.__table__.c if one.name not in ("id", "merged_into")]
        into = case((Ticket.merged_into.is_not(None), Ticket.merged_into + offset))
        rows = select(moved, into, *_fresh(columns)).where(
            Ticket.id <= min(lived, tickets - offset)
        )
        names = ["id", "merged_into", *(one.name for one in columns)]
        session.execute(insert(Ticket).from_select(names, rows))
        _copy_log(session, offset, min(lived, tickets - offset))
    return session.scalar(select(func.count()).select_from(Ticket)) or 0


def _fresh(columns: Iterable[Column[Any]]) -> Iterator[ColumnElement[Any]]:
    """A copy is rolled up for itself."""
    for one in columns:
        yield literal(False) if one.name == "is_rolled_up" else one


def _copy_log(session: Session, offset: int, last: int) -> None:
    columns = [one for one in Event.__table__.c if one.name not in ("id", "subject_id")]
    rows = (
        select(Event.subject_id + offset, *columns)
        .where(Event.subject_kind == "ticket", Event.subject_id <= last)
        .order_by(Event.id)
    )
    names = ["subject_id", *(one.name for one in columns)]
    session.execute(insert(Event).from_select(names, rows))


def wrong_numbers(session: Session, tickets: int) -> Iterator[tuple[str, Axis, str]]:
    """Rows of the sheets that are not what the events tell."""
    told = _told(session, tickets)
    for area in session.scalars(select(Area).where(Area.kind.in_(KINDS))):
        scope = Scope(area.id, YEAR, LATER)
        for axis, slice_ in SLICES.items():
            expected = told[area.id, slice_]
            shown = {key: row.counts for key, row in sheet(session, scope, axis).rows.items()}
            for key in expected.keys() | shown.keys():
                if +shown.get(key, Counter()) != +expected.get(key, Counter()):
                    yield area.name, axis, key
        whole = sheet(session, scope, None).whole.counts
        if whole != +sum(told[area.id, Slice.TOTAL].values(), Counter()):
            yield area.name, Axis.DAY, ""


def _told(session: Session, tickets: int) -> dict[tuple[int, Slice], dict[str, Counts]]:
    found: defaultdict[tuple[int, Slice], dict[str, Counts]] = defaultdict(dict)
    for first in range(1, tickets + 1, rebuilding.PAGE):
        one_page = list(retold(session, first, first + rebuilding.PAGE - 1))
        summed: dict[Cell, Counts] = rollups.summed(
            one_page, cells.rolled_map(session, one_page), LATER
        )
        for cell, counts in summed.items():
            parts = found[cell.area_id, cell.slice]
            parts.setdefault(cell.key, Counter()).update(counts)
    return found
