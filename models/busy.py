"""When the store can not be had, in whatever words its driver says so."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import InternalError, OperationalError

from models.errors import StoreBusy

# The driver's own errors too: a Statement runs on its cursor, past SQLAlchemy. The internal ones
# are PostgreSQL's of a database that may only be read just now.
BUSY = (
    *(OperationalError, sqlite3.OperationalError, psycopg.OperationalError),
    *(InternalError, psycopg.InternalError),
)
SIGNS = ("locked", "timeout", "busy", "deadlock")


@contextmanager
def busy_mapped() -> Iterator[None]:
    """Raises StoreBusy for what means that, and all else as it came."""
    try:
        yield
    except BUSY as failure:
        found = mapped(failure)
        if found is failure:
            raise
        raise found from failure


def mapped(failure: BaseException) -> BaseException:
    """StoreBusy where that is what the driver means."""
    text = str(failure) if isinstance(failure, BUSY) else ""
    if any(sign in text for sign in SIGNS):
        return StoreBusy(type(failure).__name__)
    return failure
