"""Files of orders: kept while their rows are taken in, with the rows that were not."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.policy import load
from models import events, tasks
from models.errors import NotFound
from models.events import Fact
from models.hotline import cells
from models.hotline.table import BatchState, HotlineBatch
from models.imports.cells import Row, headings_in
from models.people import all_they_were

TASK = "take_hotline_batch"
LATEST = 10
LONGEST_NAME = 80

Grid = Sequence[tuple[int, Sequence[str]]]


class Taken(StrEnum):
    """收单结果 — what became of one order."""

    ADDED = "added"
    JOINED = "joined"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Line:
    """一行的结果 — what became of a row, and why where it was refused."""

    row: Row
    taken: Taken
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """没有收进的一行 — as it was written, with the reasons."""

    number: int
    cells: Sequence[str]
    reasons: Sequence[str]


def keep(
    session: Session, source: str, file_name: str, grid: Grid, *, by: int, at: datetime
) -> HotlineBatch:
    """To be taken in piece by piece. Raises HeadingsMissing, NotFound (the source)."""
    if source not in load("hotline")["sources"]:
        raise NotFound(number=source)
    batch = HotlineBatch(
        source=source,
        maker_id=by,
        file_name=file_name[-LONGEST_NAME:],
        state=BatchState.WAITING,
        grid=json.dumps(grid, ensure_ascii=False),
        total=len(cells.read(grid)),
        created_at=at,
        done={},
    )
    session.add(batch)
    session.flush()
    return batch


def ask_taking(session: Session, batch: HotlineBatch, at: datetime) -> None:
    """Has the queue take in the next piece of it."""
    key = f"{TASK}:{batch.id}:{batch.seen}"
    tasks.ask(session, TASK, {"batch_id": batch.id}, at, key, at)


def grid_of(batch: HotlineBatch) -> Grid:
    return [(number, texts) for number, texts in json.loads(batch.grid or "[]")]


def left_of(batch: HotlineBatch) -> list[Row]:
    """The rows that nobody has looked at yet; the file is read from where it was left."""
    return cells.read(grid_of(batch))[batch.seen :] if batch.grid else []


def note(session: Session, batch_id: int, lines: Sequence[Line]) -> None:
    """How far it is, and what of it has to be mended."""
    batch = session.get_one(HotlineBatch, batch_id)
    counts = Counter(batch.done) + Counter(one.taken.value for one in lines)
    batch.done, batch.seen = dict(counts), batch.seen + len(lines)
    refused = [one for one in lines if one.taken == Taken.REFUSED]
    if refused:
        batch.refused = _with(batch, refused)


def finish(session: Session, batch_id: int, at: datetime) -> None:
    batch = session.get_one(HotlineBatch, batch_id)
    batch.state, batch.grid, batch.ended_at = BatchState.DONE, None, at
    events.record(
        session,
        Fact(
            verb="hotline_file_taken",
            subject_kind="hotline_batch",
            subject_id=batch.id,
            at=at,
            actor_id=batch.maker_id,
            detail=dict(batch.done),
        ),
    )


def latest(session: Session, person_id: int) -> Sequence[HotlineBatch]:
    return session.scalars(
        select(HotlineBatch)
        .where(HotlineBatch.maker_id.in_(all_they_were(person_id)))
        .order_by(HotlineBatch.id.desc())
        .limit(LATEST)
    ).all()


def own(session: Session, batch_id: int, person_id: int) -> HotlineBatch:
    """NotFound for somebody else's, too."""
    batch = session.get(HotlineBatch, batch_id)
    if batch is None or batch.maker_id != person_id:
        raise NotFound(number=str(batch_id))
    return batch


def refused_of(batch: HotlineBatch) -> tuple[list[str], list[RefusedRow]]:
    """The headings as they were written, and the rows to be mended."""
    if batch.refused is None:
        return [], []
    said = json.loads(batch.refused)
    return said["headings"], [RefusedRow(*one) for one in said["rows"]]


def forget_old(session: Session, now: datetime) -> int:
    """Rows that nobody mended in time: they name people."""
    before = now - timedelta(days=load("hotline")["file"]["kept_days"])
    forgotten = session.scalars(
        update(HotlineBatch)
        .where(HotlineBatch.refused.is_not(None), HotlineBatch.ended_at <= before)
        .values(refused=None)
        .returning(HotlineBatch.id)
        .execution_options(synchronize_session=False)
    )
    return len(forgotten.all())


def _with(batch: HotlineBatch, refused: Sequence[Line]) -> str:
    grid = grid_of(batch)
    start, _ = headings_in(cells.columns(), grid)
    headings, rows = refused_of(batch)
    written = dict(grid)
    new = [(one.row.number, written[one.row.number], one.reasons) for one in refused]
    said = {
        "headings": headings or list(grid[start][1]),
        "rows": [(one.number, one.cells, one.reasons) for one in rows] + new,
    }
    return json.dumps(said, ensure_ascii=False)
