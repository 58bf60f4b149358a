"""`linli import` and `linli export`: the rolls come in as sheets, lists go out as sheets."""

from collections import Counter
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from app.commands import store
from app.commands.background import background_store
from app.commands.named import person_named
from app.house import now
from app.sheets import SheetUnreadable, read_grid
from config.policy import load
from config.settings import Settings
from jobs import listings
from jobs.exports import write_file
from models import access_log
from models.accounts import MAIN
from models.errors import DomainError, NotAllowed
from models.exports import ExportForm
from models.imports import running
from models.imports.cells import HeadingsMissing, Problem, heading_of, read
from models.imports.running import TooManyRows
from models.imports.work import Line, Verdict
from models.posts import Post, is_held

WORDS: store.Words = {
    NotAllowed: "this person keeps no such roll",
    HeadingsMissing: "the headings are missing",
    TooManyRows: "there are more rows than may come in at once",
}
KINDS = tuple(load("imports")["kind"])

by_option = click.option("--by", "openid", required=True, help="The openid of who does it.")
account_option = click.option("--account", default=MAIN, show_default=True)


@click.command("import")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("file", type=click.File("rb"))
@by_option
@account_option
@click.option("--apply", "is_for_good", is_flag=True, help="Take it in; without it, only check.")
def import_sheet(kind: str, file: Any, openid: str, account: str, is_for_good: bool) -> None:
    """Bring in FILE (Excel or CSV, - is standard input): all of it, or nothing.

    Without --apply each row is only checked, and what it would do is told.
    """
    try:
        grid = read_grid(file.read())
    except SheetUnreadable as problem:
        raise click.ClickException(f"not readable: {problem.context['why']}") from problem
    with store.writing(WORDS) as session:
        by, at = person_named(session, account, openid), now()
        rows, unused = read(kind, grid)
        lines = running.check(session, kind, rows, by, at)
        for line in lines:
            click.echo(_report(kind, line))
        if unused:
            click.echo(f"unused columns: {', '.join(unused)}")
        refused = sum(one.verdict == Verdict.REFUSED for one in lines)
        if refused:
            raise click.ClickException(f"{refused} of {len(lines)} rows refused; nothing was kept")
        if is_for_good:
            running.take_in(session, kind, rows, by, at)
    counts = Counter(one.verdict.value for one in lines)
    said = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
    click.echo(said if is_for_good else f"{said}; checked only, nothing was kept")


@click.command("export")
@click.argument("listing", type=click.Choice(tuple(load("exports"))))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@by_option
@account_option
def export_list(listing: str, file: Path, openid: str, account: str) -> None:
    """Write a list to FILE (.xlsx or .csv) as this person sees it; the log of looks tells."""
    if file.suffix not in (".xlsx", ".csv"):
        raise click.ClickException("the file must end in .xlsx or .csv")
    with background_store(Settings()) as database:
        with database.reading() as session:
            by = person_named(session, account, openid)
            held = select(Post.role).where(Post.person_id == by, is_held(now()))
            if not listings.roles(listing) & set(session.scalars(held)):
                raise click.ClickException("this person may not take this list away")
        rows = listings.all_rows(database, listing, by, {}, now())
        written = write_file(file, ExportForm(file.suffix[1:]), listing, rows)
        with database.writing() as session:
            access_log.record_list(session, by, listing, written, now())
    click.echo(f"{written} rows")


def _report(kind: str, line: Line) -> str:
    reasons = "; ".join(_reason(kind, one) for one in line.problems)
    return f"row {line.number}: {line.verdict} {line.what}" + (f" ({reasons})" if reasons else "")


def _reason(kind: str, problem: Problem) -> str:
    refusal: DomainError = problem.refusal
    why = refusal.context.get("why", refusal.template)
    heading = heading_of(kind, problem.column)
    return f"{heading}: {why}" if heading else str(why)
