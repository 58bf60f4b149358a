"""Which migrations a store has: known without what applies them, which loads for a fifth second."""

from functools import cache
from pathlib import Path

from sqlalchemy import inspect, text

from models.base import Database

VERSIONS = Path(__file__).parent / "migrations" / "versions"
_TABLE = "alembic_version"


def is_current(database: Database) -> bool:
    """Whether the store has every migration of this code."""
    with database.reader.connect() as connection:
        if not inspect(connection).has_table(_TABLE):
            return False
        found = connection.scalar(text(f"SELECT version_num FROM {_TABLE}"))
        return bool(found == newest())


@cache
def newest() -> str:
    """They are a chain without branches, and each one's file begins with its number."""
    return max(file.name.partition("_")[0] for file in VERSIONS.glob("[0-9]*.py"))
