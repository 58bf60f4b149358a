"""Programs of the product that die when work is done and before that is noted."""

import os
import random
import signal
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from app.commands.background import background_store, stopped_by_signals
from app.serving import serve_web
from app.writing import writer_for
from config.settings import Settings
from jobs import schedule
from jobs.clock import run_clock
from jobs.queue import TASKS
from jobs.worker import run_worker
from tests.proof import unguarded

SHARE_DYING = 0.1  # of the runs of tasks and jobs


def make_frail(works: dict[str, Callable[..., Any]], share: float) -> None:
    for name, work in list(works.items()):
        works[name] = _dying_after(work, share)


def _dying_after(work: Callable[..., Any], share: float) -> Callable[..., Any]:
    @wraps(work)
    def worked(*given: Any, **named: Any) -> Any:
        done = work(*given, **named)
        if random.random() < share:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    return worked


@click.group()
@click.option("--without", type=click.Choice(list(unguarded.GUARDS)))
def main(without: str | None) -> None:
    """Serve and work as the commands of the product do, perhaps without one guard."""
    schedule.import_modules()
    # Without a guard each task is begun twice, so that it shows soon.
    make_frail(TASKS, 1 if without else SHARE_DYING)
    make_frail(schedule.FUNCTIONS, 0 if without else SHARE_DYING)
    if without:
        unguarded.GUARDS[without]()


@main.command()
@click.option("--port", type=int, required=True)
def web(port: int) -> None:
    """Guards are out already: all web processes are forked from this one."""
    settings = Settings()
    serve_web(settings, "127.0.0.1", port, beside=writer_for(settings))


@main.command()
def worker() -> None:
    settings = Settings()
    with background_store(settings) as database:
        run_worker(database, settings.redis_url, stopped_by_signals())


@main.command()
def clock() -> None:
    with background_store(Settings()) as database:
        run_clock(database, stopped_by_signals())


if __name__ == "__main__":
    main()
