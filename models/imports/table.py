"""A sheet that was brought and waits for somebody's yes; its rows go once that is said."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import events
from models.base import Base
from models.errors import AlreadyDone, NotFound
from models.events import Fact
from models.imports import running, trial
from models.imports.cells import Row, read
from models.imports.trial import Trial, trial_of
from models.imports.work import Line
from models.sealing import Sealed

LIFE = timedelta(days=1)
LONGEST_NAME = 80
LATEST = 10


class SheetState(StrEnum):
    """导入进度 — where a sheet stands."""

    WAITING = "waiting"
    TAKEN = "taken"
    DROPPED = "dropped"


class ImportSheet(Base):
    """导入表 — what somebody brought: its kind, its rows until they are taken in, what they did."""

    __tablename__ = "import_sheets"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    maker_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    file_name: Mapped[str]
    grid: Mapped[str | None] = mapped_column(Sealed)  # names and phones of many
    trial: Mapped[str | None] = mapped_column(Sealed)  # what its rows would do; names, too
    state: Mapped[SheetState]
    done: Mapped[dict[str, Any]] = mapped_column(server_default="{}")  # verdict → rows
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("(state = 'waiting') = (grid IS NOT NULL)", name="rows_while_waiting"),
        CheckConstraint("(grid IS NULL) = (trial IS NULL)", name="trial_of_rows"),
    )


def keep(
    session: Session,
    kind: str,
    file_name: str,
    grid: Sequence[tuple[int, Sequence[str]]],
    *,
    by: int,
    at: datetime,
) -> ImportSheet:
    """With what its rows would do. Raises HeadingsMissing, TooManyRows."""
    rows, unused = read(kind, grid)
    lines = running.check(session, kind, rows, by, at)
    sheet = ImportSheet(
        kind=kind,
        maker_id=by,
        file_name=file_name[-LONGEST_NAME:],
        grid=json.dumps(grid, ensure_ascii=False),
        trial=trial.written(trial_of(lines, unused)),
        state=SheetState.WAITING,
        created_at=at,
    )
    session.add(sheet)
    session.flush()
    return sheet


def own(session: Session, sheet_id: int, person_id: int) -> ImportSheet:
    """NotFound for somebody else's, too."""
    sheet = session.get(ImportSheet, sheet_id)
    if sheet is None or sheet.maker_id != person_id:
        raise NotFound(number=str(sheet_id))
    return sheet


def latest(session: Session, person_id: int) -> Sequence[ImportSheet]:
    return session.scalars(
        select(ImportSheet)
        .where(ImportSheet.maker_id == person_id)
        .order_by(ImportSheet.id.desc())
        .limit(LATEST)
    ).all()


def trial_shown(sheet: ImportSheet) -> Trial | None:
    """None once it is settled."""
    return trial.read(sheet.trial) if sheet.trial else None


def try_again(session: Session, sheet: ImportSheet, *, by: int, at: datetime) -> None:
    """The house has changed since it was brought."""
    rows, unused = _rows_of(sheet)
    sheet.trial = trial.written(trial_of(running.check(session, sheet.kind, rows, by, at), unused))


def take_in(session: Session, sheet: ImportSheet, *, by: int, at: datetime) -> list[Line]:
    """For good. Raises AlreadyDone, and ImportRefused when nothing was done."""
    if sheet.state != SheetState.WAITING:
        raise AlreadyDone(number=str(sheet.id))
    rows, _ = _rows_of(sheet)
    lines = running.take_in(session, sheet.kind, rows, by, at)
    sheet.done = dict(Counter(one.verdict.value for one in lines))
    _settle(sheet, SheetState.TAKEN, at)
    events.record(
        session,
        Fact(
            verb="sheet_taken_in",
            subject_kind="import_sheet",
            subject_id=sheet.id,
            at=at,
            actor_id=by,
            new=sheet.kind,
            detail=dict(sheet.done),
        ),
    )
    return lines


def drop(sheet: ImportSheet, at: datetime) -> None:
    if sheet.state != SheetState.WAITING:
        raise AlreadyDone(number=str(sheet.id))
    _settle(sheet, SheetState.DROPPED, at)


def drop_old(session: Session, now: datetime) -> int:
    """What nobody has said yes to within a day: the names in it are not kept for nothing."""
    dropped = session.scalars(
        update(ImportSheet)
        .where(ImportSheet.state == SheetState.WAITING, ImportSheet.created_at <= now - LIFE)
        .values(state=SheetState.DROPPED, grid=None, trial=None, settled_at=now)
        .returning(ImportSheet.id)
        .execution_options(synchronize_session=False)
    )
    return len(dropped.all())


def _rows_of(sheet: ImportSheet) -> tuple[list[Row], list[str]]:
    """Its rows, and the headings that are not used."""
    return read(sheet.kind, [(number, cells) for number, cells in json.loads(sheet.grid or "[]")])


def _settle(sheet: ImportSheet, state: SheetState, at: datetime) -> None:
    sheet.state, sheet.settled_at = state, at
    sheet.grid = sheet.trial = None
