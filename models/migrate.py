"""Brings a store up to date; the only place that changes tables."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from models.base import Database

HEAD = "head"
HERE = Path(__file__).parent / "migrations"


def migrate(database: Database, revision: str = HEAD) -> None:
    """Applies what is missing, from an empty or an older store; or goes back to `revision`.

    SQLite learns WAL here, once, so that no two workers race for it.
    """
    _run(database, command.upgrade if revision == HEAD else command.downgrade, revision)


def build(database: Database, revision: str) -> None:
    """The tables as they were at that revision, in a store without rows."""
    _run(database, command.downgrade, "base")
    _run(database, command.upgrade, revision)


def _run(database: Database, move: Callable[[Config, str], None], revision: str) -> None:
    url = database.url.render_as_string(hide_password=False)
    engine = create_engine(url)  # an engine of its own: no time limits, the driver's transactions
    try:
        with engine.connect() as connection:
            if database.is_sqlite:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                connection.commit()
            config = _config()
            config.attributes["connection"] = connection
            move(config, revision)
            connection.commit()
    finally:
        engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    return config
