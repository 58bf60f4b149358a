"""`linli job`: the scheduled jobs, and running one by hand."""

from datetime import UTC, datetime

import click

from app.commands.background import LOCAL, Moment, background_store
from config.settings import Settings
from jobs.clock import run_due_job
from jobs.schedule import Schedule, load_schedule
from jobs.timetable import timetable
from models.errors import AlreadyDone, NotFound
from models.job_runs import RunState
from models.revisions import is_current


@click.group()
def job() -> None:
    """Scheduled jobs."""


@job.command("list")
def list_jobs() -> None:
    """Show each job with its times, as staff have set them, and when it is due next (Beijing)."""
    now = datetime.now(UTC)
    for one in _schedule().values():
        due = f"{one.next_after(now).astimezone(LOCAL):%Y-%m-%d %H:%M}"
        click.echo(f"{one.name:<22} {one.cron:<16} {'off' if one.is_off else due:<16}  {one.label}")


@job.command("run")
@click.argument("name")
@click.option("--at", type=Moment(), help="Run as if at this moment; the default is now.")
def run_job(name: str, at: datetime | None) -> None:
    """Run the job NAME now, once for each moment."""
    now = datetime.now(UTC)
    with background_store(Settings()) as database:
        try:
            firing = run_due_job(database, name, at or now, now)
        except (AlreadyDone, NotFound) as refusal:
            raise click.ClickException(str(refusal)) from refusal
    if firing.state is not RunState.DONE:
        raise click.ClickException(f"{name} failed: {firing.detail}")
    click.echo(f"{name} {firing.state} {firing.detail or ''}".rstrip())


def _schedule() -> Schedule:
    """Of a store that is not there yet, as it is shipped."""
    with background_store(Settings()) as database:
        if not is_current(database):
            return load_schedule()
        with database.reading() as session:
            return timetable(session)
