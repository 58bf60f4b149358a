"""`linli reports`: making the report of a period that is over, and writing one to a file."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import click

from app.commands.background import Moment, background_store
from app.commands.named import area_named
from app.house import now
from app.paper.fonts import FontMissing
from app.reports.building import document
from app.reports.document import Document
from app.reports.excel import workbook
from app.reports.pdf import printed
from config.policy import load
from config.settings import Settings
from jobs.reports import make as make_report
from models.metrics.figures import Scope
from models.reports import making
from models.reports.composing import Topic, compose
from models.reports.table import REPORTS, Edition, Report

EDITIONS = click.Choice([str(one) for one in REPORTS])


@click.group()
def reports() -> None:
    """Weekly, monthly, quarterly and annual reports of an area.

    They come by themselves (see the jobs); here one is made without being sent to anybody.
    """


@reports.command()
@click.argument("edition", type=EDITIONS)
@click.argument("area_name", metavar="AREA")
@click.option("--at", type=Moment(), help="As if at this moment: the last period over by then.")
def make(edition: str, area_name: str, at: datetime | None) -> None:
    """Make the report of AREA for the last week, month, quarter or year that is over."""
    moment = at or now()
    period = making.period_over(Edition(edition), moment)
    with background_store(Settings()) as database:
        with database.reading() as session:
            area_id = area_named(session, area_name).id
        number = make_report(database, Edition(edition), area_id, period, moment)
    click.echo(f"{number} {edition} {area_name} {period.first} – {period.last}")


@reports.command()
@click.argument("number", type=int)
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def write(number: int, path: Path) -> None:
    """Write report NUMBER to a file that ends in .xlsx or .pdf.

    All is counted: whoever runs this reads past what is hidden from members of staff.
    """
    if path.suffix not in WRITERS:
        raise click.UsageError("the file ends in .xlsx or .pdf")
    at = now()
    with background_store(Settings()) as database, database.reading() as session:
        report = session.get(Report, number)
        if report is None:
            raise click.ClickException(f"there is no report {number}")
        composed = compose(session, Scope(report.area_id, report.period, at), report.edition)
        laid_out = document(session, composed, report.edition)
        topics = [Topic(one["word"], one["tickets"], one["before"]) for one in report.topics]
    try:
        path.write_bytes(WRITERS[path.suffix](laid_out, topics, at))
    except FontMissing as missing:
        raise click.ClickException(str(missing)) from missing
    click.echo(f"{laid_out.title} {laid_out.days}: {path.name}")


def _excel(laid_out: Document, topics: list[Topic], at: datetime) -> bytes:
    return workbook(laid_out)


def _pdf(laid_out: Document, topics: list[Topic], at: datetime) -> bytes:
    return printed(laid_out, topics, at, load("labels")["report"])


WRITERS: Mapping[str, Callable[[Document, list[Topic], datetime], bytes]] = {
    ".xlsx": _excel,
    ".pdf": _pdf,
}
