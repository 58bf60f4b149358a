"""What the processes without a door have in common: their store, and how they are stopped."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from types import FrameType
from zoneinfo import ZoneInfo

import click

from app import logs
from app.house import open_database
from config.settings import Settings
from models.base import Database

STATEMENT_SECONDS = 60  # a digest may read for longer than a resident may wait
LOCAL = ZoneInfo("Asia/Shanghai")


@contextmanager
def background_store(settings: Settings) -> Iterator[Database]:
    logs.configure(settings)
    database = open_database(settings, STATEMENT_SECONDS)
    try:
        yield database
    finally:
        database.dispose()


def stopped_by_signals() -> Event:
    """Set by SIGTERM or Ctrl-C, so that the run under way is finished."""
    stop = Event()

    def ask_to_stop(_: int, __: FrameType | None) -> None:
        # In a thread of its own: the one that was interrupted may hold the event's lock.
        Thread(target=stop.set).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    return stop


class Moment(click.ParamType):
    """A moment in ISO 8601; without an offset it is Beijing time."""

    name = "iso"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no moment; write 2026-11-21T08:00", param, ctx)
        return (moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)).astimezone(UTC)
