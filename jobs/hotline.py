"""Hotline orders by the clock, and the files that bring them, taken in piece by piece."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy.orm import Session

from bots import hotline
from bots.hotline import Heard
from bots.lexicon import Lexicon, load_lexicon
from config.policy import load
from config.settings import Settings
from jobs.queue import task
from jobs.rounds import tick_each
from jobs.schedule import job
from models.base import Database
from models.errors import DomainError, StoreBusy
from models.hotline import batches, cells, deadlines
from models.hotline.batches import TASK, Line, Taken
from models.hotline.table import HotlineBatch, HotlineOrder
from models.imports.cells import Row
from models.places import estate_names


@job("hotline_clock")
def hotline_clock(database: Database, now: datetime) -> str | None:
    with database.reading() as session:
        found = deadlines.due(session, now)
    return tick_each(database, HotlineOrder, found, deadlines.tick, now)


@task(TASK)
def take_batch(database: Database, now: datetime, batch_id: int) -> None:
    """Again after a crash it goes on where it was; a piece that was in already stays as it is."""
    with database.reading() as session:
        batch = session.get_one(HotlineBatch, batch_id)
        lexicon = _lexicon().with_places(estate_names(session))
        rows = batches.left_of(batch)
    intake = Intake(database, lexicon, batch.source, batch.maker_id, now)
    size = load("hotline")["file"]["chunk"]
    for start in range(0, len(rows), size):
        lines = intake.take(rows[start : start + size])
        with database.writing() as session:
            batches.note(session, batch_id, lines)
    with database.writing() as session:
        batches.finish(session, batch_id, now)


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

        Words are understood before, so that the store is held for writing alone.
        """
        heard = {row.number: self._heard(row) for row in rows}
        works = {number: self._work(one) for number, one in heard.items() if isinstance(one, Heard)}
        made = dict(zip(works, self.database.write_all(list(works.values())), strict=True))
        return [self._line(row, made.get(row.number, heard[row.number])) for row in rows]

    def _heard(self, row: Row) -> Heard | DomainError | None:
        """None where the cells themselves say what is wrong."""
        if row.problems:
            return None
        try:
            return hotline.hear(cells.order_of(row, self.source, self.at), self.lexicon)
        except DomainError as refusal:
            return refusal

    def _work(self, heard: Heard) -> Callable[[Session], Taken]:
        return lambda session: hotline.take(session, heard, by=self.by, at=self.at)

    def _line(self, row: Row, made: object) -> Line:
        if isinstance(made, Taken):
            return Line(row, made)
        is_refusal = isinstance(made, DomainError) and not isinstance(made, StoreBusy)
        if isinstance(made, BaseException) and not is_refusal:
            raise made  # the whole task comes again
        problems = [cells.problem_of(made)] if isinstance(made, DomainError) else row.problems
        return Line(row, Taken.REFUSED, tuple(cells.reason_of(one) for one in problems))


@cache
def _lexicon() -> Lexicon:
    return load_lexicon(Settings().data_dir / "words")
