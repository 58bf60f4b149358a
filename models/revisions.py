"""Which migrations a store has: known without what applies them, which loads for a fifth second."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from models.base import Database

VERSIONS = Path(__file__).parent / "migrations" / "versions"
_TABLE = "alembic_version"


def is_current(database: Database) -> bool:
    """Whether the store has every migration of this code."""
    with database.reader.connect() as connection:
        return revision_of(connection) == newest()


def revision_of(connection: Connection) -> str | None:
    """The last migration of a store; None where there was none yet."""
    if not inspect(connection).has_table(_TABLE):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {_TABLE}"))
    return found


def newest() -> str:
    """They are a chain without branches, and each one's file begins with its number."""
    return max(known())


@cache
def known() -> frozenset[str]:
    """Every migration of this code."""
    return frozenset(file.name.partition("_")[0] for file in VERSIONS.glob("[0-9]*.py"))
