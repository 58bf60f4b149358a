"""`linli init`: an empty house, or the demo subdistrict."""

import click

from app import demo_data, first_accounts, house
from app.first_accounts import UNFIT
from config.settings import DATA_KEY, Settings, missing_keys
from models.base import Database
from models.errors import AlreadyDone
from models.migrate import migrate
from models.staff_accounts import PasswordUnfit


@click.command()
@click.option("--demo", "with_demo", is_flag=True, help="Fill in the demo subdistrict.")
def init(with_demo: bool) -> None:
    """Make the database and the first administrator; with --demo, a subdistrict to try things in.

    The administrator is LINLI_CONSOLE_ADMIN, name:password. The people of the demo write as openid
    demo-<role>-<n>: demo-resident-1, demo-building_head-1 ...; its staff sign in to the console
    under the same names with a password that is printed to standard error.
    """
    settings = Settings()
    if with_demo and DATA_KEY in missing_keys(settings):
        raise click.ClickException(f"set {DATA_KEY} first: the phones of the demo lie encrypted")
    database = house.open_database(settings)
    try:
        migrate(database)
        if with_demo:
            _fill(database)
        first_accounts.make_first_administrator(database, settings, house.now())
    except PasswordUnfit as refusal:
        raise click.ClickException(f"LINLI_CONSOLE_ADMIN: {UNFIT}") from refusal
    finally:
        database.dispose()
    click.echo("ready")


def _fill(database: Database) -> None:
    try:
        with database.writing() as session:
            demo_data.fill(session, house.now())
    except AlreadyDone as refusal:
        raise click.ClickException("this database has areas already; nothing changed") from refusal
    password = first_accounts.make_demo_accounts(database, house.now())
    click.echo(f"console: demo-community_staff-1, password {password}", err=True)
