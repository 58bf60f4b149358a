"""`linli hotline`: orders of the 12345 hotline come in as sheets, their results go back out."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from app.commands import store
from app.commands.named import person_named
from app.hotline_sheets import refused_sheet, write_results
from app.house import now
from app.sheets import SheetUnreadable, read_grid
from config.policy import load
from jobs.hotline import take_piece
from models.accounts import MAIN
from models.errors import NotAllowed
from models.exports import ExportForm
from models.hotline import batches, desk, results
from models.hotline.desk import Wanted, Which
from models.hotline.table import HotlineBatch
from models.imports.cells import HeadingsMissing
from models.localtime import midnight

WORDS: store.Words = {
    NotAllowed: "this person keeps no orders of the hotline",
    HeadingsMissing: "the headings are missing",
}
DAY = click.DateTime(["%Y-%m-%d"])
SOURCES = tuple(load("hotline")["sources"])

by_option = click.option("--by", "openid", required=True, help="The openid of who does it.")
source_option = click.option(
    "--source",
    type=click.Choice(SOURCES),
    default=load("hotline")["default_source"],
    show_default=True,
)


@click.group()
def hotline() -> None:
    """Orders of the 12345 hotline, in and out as sheets (Excel or CSV)."""


@hotline.command("import")
@click.argument("file", type=click.File("rb"))
@by_option
@source_option
@click.option(
    "--refused",
    "mend",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the rows that were not taken in, as .xlsx with the reasons.",
)
def import_orders(file: Any, openid: str, source: str, mend: Path | None) -> None:
    """Take in FILE: the good rows come in, the others are told with their reasons.

    A number that is known is not taken in again; what the hotline says anew of it is kept.
    """
    try:
        grid = read_grid(file.read())
    except SheetUnreadable as problem:
        raise click.ClickException(f"not readable: {problem.context['why']}") from problem
    with store.opened(WORDS) as database:
        with database.writing() as session:
            by = person_named(session, MAIN, openid)
            desk.require(session, by, now())
            batch = batches.keep(session, source, Path(file.name).name, grid, by=by, at=now())
            batch_id = batch.id
        while take_piece(database, now(), batch_id):
            click.echo("...")
        with database.reading() as session:
            _tell(session.get_one(HotlineBatch, batch_id), mend)


@hotline.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@by_option
@source_option
@click.option("--from", "first", type=DAY, help="First day; orders that ended since.")
@click.option("--to", "last", type=DAY, help="Last day, within.")
@click.option(
    "--which",
    type=click.Choice(["new", "all"]),
    default="new",
    show_default=True,
    help="What has not gone back yet, or all of the period once more.",
)
def export_results(
    file: Path,
    openid: str,
    source: str,
    which: str,
    first: datetime | None,
    last: datetime | None,
) -> None:
    """Write what became of orders to FILE (.xlsx or .csv); what was new has gone back then."""
    if file.suffix not in (".xlsx", ".csv"):
        raise click.ClickException("the file must end in .xlsx or .csv")
    with store.opened(WORDS) as database:
        with database.reading() as session:
            by = person_named(session, MAIN, openid)
            desk.require(session, by, now())
            wanted = Wanted(source, Which(which), *_period(first, last))
            found = desk.all_results(session, by, wanted, now())
            with file.open("wb") as out:
                told = write_results(ExportForm(file.suffix[1:]), out, found)
        with database.writing() as session:
            results.hand_over(session, told, by=by, at=now())
    click.echo(f"{len(told)} results")


def _period(first: datetime | None, last: datetime | None) -> tuple[datetime | None, ...]:
    """From the beginning of the first day to the end of the last."""
    return (
        midnight(first.date()) if first else None,
        midnight(last.date() + timedelta(days=1)) if last else None,
    )


def _tell(batch: HotlineBatch, mend: Path | None) -> None:
    headings, refused = batches.refused_of(batch)
    for row in refused:
        click.echo(f"row {row.number}: {'; '.join(row.reasons)}")
    if mend is not None and refused:
        mend.write_bytes(refused_sheet(headings, refused))
    counts = (f"{number} {what}" for what, number in sorted(batch.done.items()))
    click.echo(", ".join(counts) or "no rows")
