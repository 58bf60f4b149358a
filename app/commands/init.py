"""`linli init`: an empty house, or the demo subdistrict."""

import click

from app import demo_data, house
from config.settings import Settings
from models.errors import AlreadyDone
from models.migrate import migrate


@click.command()
@click.option("--demo", "with_demo", is_flag=True, help="Fill in the demo subdistrict.")
def init(with_demo: bool) -> None:
    """Make the database; with --demo, a subdistrict to try things in.

    Its people write as openid demo-<role>-<n>: demo-resident-1, demo-building_head-1 ...
    """
    database = house.open_database(Settings())
    try:
        migrate(database)
        if with_demo:
            with database.writing() as session:
                demo_data.fill(session, house.now())
    except AlreadyDone as refusal:
        raise click.ClickException("this database has areas already; nothing changed") from refusal
    finally:
        database.dispose()
    click.echo("ready")
