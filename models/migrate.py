"""Brings a store up to date; the only place that changes tables."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, inspect

from models.base import Database

HEAD = "head"
HERE = Path(__file__).parent / "migrations"


def migrate(database: Database, revision: str = HEAD) -> None:
    """Applies what is missing, from an empty or an older store; or goes back to `revision`.

    SQLite learns WAL here, once, so that no two workers race for it.
    """
    _run(database, command.upgrade if revision == HEAD else command.downgrade, revision)


def build(database: Database, revision: str) -> None:
    """The tables as they were at that revision, in place of any that are there: they have no rows.

    Those may be of a build that was broken off, which no downgrade would know.
    """
    with _unlimited(database) as connection:
        quote = connection.dialect.identifier_preparer.quote
        with_its_keys = "" if database.is_sqlite else " CASCADE"
        for name in inspect(connection).get_table_names():
            connection.exec_driver_sql(f"DROP TABLE {quote(name)}{with_its_keys}")
    _run(database, command.upgrade, revision)


def _run(database: Database, move: Callable[[Config, str], None], revision: str) -> None:
    with _unlimited(database) as connection:
        config = _config()
        config.attributes["connection"] = connection
        move(config, revision)


@contextmanager
def _unlimited(database: Database) -> Iterator[Connection]:
    """An engine of its own: no time limits, the driver's transactions."""
    engine = create_engine(database.url.render_as_string(hide_password=False))
    try:
        with engine.connect() as connection:
            if database.is_sqlite:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                connection.commit()
            yield connection
            connection.commit()
    finally:
        engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    return config
