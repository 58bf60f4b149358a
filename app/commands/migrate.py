"""`linli migrate`: brings the database up to date."""

import click

from app.house import open_database
from config.settings import Settings
from models.migrate import migrate as migrate_store
from models.revisions import is_current


@click.command()
@click.option("--to", "revision", default="head", help="A revision to go to; 'base' empties it.")
def migrate(revision: str) -> None:
    """Bring an empty or older database up to date, without asking."""
    database = open_database(Settings())
    try:
        migrate_store(database, revision)
        click.echo("up to date" if is_current(database) else f"at {revision}")
    finally:
        database.dispose()
