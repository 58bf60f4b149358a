"""Hotline orders by the clock, and the files that bring them, taken in piece by piece."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy.orm import Session

from bots import hotline
from bots.hotline import Heard, Refused
from bots.lexicon import Lexicon, load_lexicon
from config.policy import load
from config.settings import Settings
from jobs.queue import task
from jobs.rounds import tick_each
from jobs.schedule import job
from models.base import Database
from models.errors import DomainError, StoreBusy
from models.hotline import batches, deadlines, orders
from models.hotline.batches import TASK, Line, Taken
from models.hotline.cells import Order
from models.hotline.table import BatchState, HotlineBatch, HotlineOrder
from models.imports.cells import Row
from models.places import estate_names


@job("hotline_clock")
def hotline_clock(database: Database, now: datetime) -> str | None:
    with database.reading() as session:
        found = deadlines.due(session, now)
    return tick_each(database, HotlineOrder, found, deadlines.tick, now)


@task(TASK)
def take_batch(database: Database, now: datetime, batch_id: int) -> None:
    """A piece at a time, so that no run outlasts its lease; the next one is asked for."""
    if take_piece(database, now, batch_id):
        with database.writing() as session:
            batches.ask_taking(session, session.get_one(HotlineBatch, batch_id), now)


def take_piece(database: Database, now: datetime, batch_id: int) -> bool:
    """Whether more is left. Again after a crash it goes on where it was: twice is once."""
    rules = load("hotline")["file"]
    with database.reading() as session:
        batch = session.get_one(HotlineBatch, batch_id)
        if batch.state == BatchState.DONE:
            return False
        lexicon = _lexicon().with_places(estate_names(session))
        left = batches.left_of(batch)
    intake = Intake(database, lexicon, batch.source, batch.maker_id, now)
    rows = left[: rules["piece"]]
    for start in range(0, len(rows), rules["chunk"]):
        lines = intake.take(rows[start : start + rules["chunk"]])
        with database.writing() as session:
            batches.note(session, batch_id, lines)
    if len(left) > len(rows):
        return True
    with database.writing() as session:
        batches.finish(session, batch_id, now)
    return False


@dataclass(frozen=True, slots=True)
class Intake:
    """收单 — orders of one source on their way in: who brings them, when, how they are read."""

    database: Database
    lexicon: Lexicon
    source: str
    by: int
    at: datetime

    def take(self, rows: Sequence[Row]) -> list[Line]:
        """Each by itself: the good ones are kept, of the others it is said why not.

        Words are understood before, so that the store is held for writing alone; those of an
        order that says nothing new are not.
        """
        read = [hotline.order_in(row, self.source, self.at) for row in rows]
        with self.database.reading() as session:
            numbers = [one.number for one in read if isinstance(one, Order)]
            known = orders.known(session, self.source, numbers)
        heard = [self._heard(one, known) for one in read]
        works = [self._work(one) for one in heard if isinstance(one, Heard)]
        made = iter(self.database.write_all(works))
        return [
            _line(row, next(made) if isinstance(one, Heard) else one)
            for row, one in zip(rows, heard, strict=True)
        ]

    def _heard(
        self, read: Order | Refused, known: Mapping[str, HotlineOrder]
    ) -> Heard | Refused | Taken:
        if isinstance(read, Refused):
            return read
        row = known.get(read.number)
        if row is not None and orders.is_told_already(row, read):
            return Taken.UNCHANGED
        return hotline.hear(read, self.lexicon)

    def _work(self, heard: Heard) -> Callable[[Session], Taken]:
        return lambda session: hotline.take(session, heard, by=self.by, at=self.at)


def _line(row: Row, made: Taken | Refused | BaseException) -> Line:
    if isinstance(made, Taken):
        return Line(row, made)
    if isinstance(made, BaseException):
        if isinstance(made, StoreBusy) or not isinstance(made, DomainError):
            raise made  # the whole task comes again
        made = hotline.refused(made)
    return Line(row, Taken.REFUSED, made.reasons)


@cache
def _lexicon() -> Lexicon:
    return load_lexicon(Settings().data_dir / "words")
