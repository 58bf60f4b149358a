"""`linli clock`: fires the scheduled jobs."""

import click

from app.commands.background import background_store, stopped_by_signals
from config.settings import Settings
from jobs.clock import run_clock


@click.command()
def clock() -> None:
    """Fire what config/schedule.toml says, until stopped.

    Run as many as you like on one database: each due time is fired once.
    """
    with background_store(Settings()) as database:
        run_clock(database, stopped_by_signals())
