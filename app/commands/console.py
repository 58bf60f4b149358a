"""`linli console`: accounts of the staff console, for when nobody can get in any more."""

import secrets

import click

from app import house
from config.settings import Settings
from models import sign_ins, staff_accounts


@click.group()
def console() -> None:
    """The staff console's accounts."""


@console.command()
@click.argument("name")
def reset(name: str) -> None:
    """Give the account NAME a new password, printed once.

    Its second factor is forgotten: the next sign-in sets up a new one. Every sign-in of it ends.
    """
    database = house.open_database(Settings())
    password = secrets.token_urlsafe(12)
    password_hash = staff_accounts.hash_password(password, name)
    try:
        with database.writing() as session:
            account = staff_accounts.named(session, name)
            if account is None:
                raise click.ClickException(f"no account has the name {name}")
            account.password_hash = password_hash
            staff_accounts.forget_second_factor(account)
            sign_ins.end_all(session, account.person_id, house.now())
    finally:
        database.dispose()
    click.echo(password)
