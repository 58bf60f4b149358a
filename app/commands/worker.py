"""`linli worker`: runs what is due in the background."""

from datetime import UTC, datetime

import click

from app.commands.background import Moment, background_store, stopped_by_signals
from config.settings import Settings
from jobs.worker import run_until_idle, run_worker


@click.command()
@click.option("--until-idle", is_flag=True, help="Return when nothing is due.")
@click.option("--at", type=Moment(), help="With --until-idle: work as if it were this moment.")
def worker(until_idle: bool, at: datetime | None) -> None:
    """Run background tasks and deliver messages, until stopped."""
    if at and not until_idle:
        raise click.UsageError("--at needs --until-idle")
    settings = Settings()
    with background_store(settings) as database:
        if until_idle:
            run_until_idle(database, now=lambda: at or datetime.now(UTC))
        else:
            run_worker(database, settings.redis_url, stopped_by_signals())
