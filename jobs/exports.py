"""Writes the long lists that somebody asked for, and removes what nobody may fetch any more."""

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from jobs import listings
from jobs.outgoing import settings
from jobs.queue import task
from jobs.schedule import job
from jobs.sheets import Value, write_csv, write_excel
from models import exports
from models.base import Database
from models.exports import TASK, Export, ExportForm, ExportState
from models.hotline import batches
from models.imports import table as import_sheets

PROGRESS_EVERY = 1000
UNDER_WAY = timedelta(hours=1)


def folder() -> Path:
    """Beside the photos."""
    return settings().data_dir.absolute() / "exports"


@task(TASK)
def write_export(database: Database, now: datetime, export_id: int) -> None:
    """Again after a crash it begins anew; the file is in its place before the row says so."""
    with database.reading() as session:
        export = session.get(Export, export_id)
        if export is None or export.state != ExportState.WAITING:
            return
    path = folder() / export.file_name
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = listings.all_rows(database, export.listing, export.maker_id, export.conditions, now)
    part = path.with_suffix(".part")
    written = write_file(part, export.form, export.listing, _counted(database, export_id, rows))
    os.replace(part, path)
    with database.writing() as session:
        exports.finish(session, export_id, written, now)


def write_file(path: Path, form: ExportForm, listing: str, rows: Iterable[Sequence[Value]]) -> int:
    """Returns how many rows there were."""
    headings = listings.headings(listing)
    if form == ExportForm.CSV:
        return write_csv(path, headings, rows)
    return write_excel(path, listings.title(listing), headings, rows)


@job("forget_exports")
def forget_exports(database: Database, now: datetime) -> str | None:
    """Lists whose day is over, files that nobody names, sheets that nobody said yes to."""
    with database.writing() as session:
        over = exports.end_old(session, now)
        dropped = import_sheets.drop_old(session, now)
        dropped += batches.forget_old(session, now)
    with database.reading() as session:
        named = exports.kept_files(session)
    old = (now - UNDER_WAY).timestamp()
    unnamed = [
        one
        for one in folder().glob("*.*")
        if one.name not in named and (one.name in over or one.stat().st_mtime < old)
    ]
    for one in unnamed:
        one.unlink(missing_ok=True)
    return f"removed={len(unnamed)} dropped={dropped}" if unnamed or dropped else None


def _counted(
    database: Database, export_id: int, rows: Iterator[Sequence[Value]]
) -> Iterator[Sequence[Value]]:
    """Tells how far it is, now and then."""
    for number, row in enumerate(rows, start=1):
        yield row
        if number % PROGRESS_EVERY == 0:
            with database.writing() as session:
                exports.note_progress(session, export_id, number)
