"""Areas and people as they are named on the command line."""

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.people import Identity
from models.places import Area


def area_named(session: Session, name: str) -> Area:
    """By name; a name that several areas bear (3号楼) needs its number."""
    found = session.scalars(select(Area).where(Area.name == name).order_by(Area.id)).all()
    if not found and name.isascii() and name.isdecimal():
        found = session.scalars(select(Area).where(Area.id == int(name))).all()
    if not found:
        raise click.ClickException(f"no area is named {name}")
    if len(found) > 1:
        numbers = ", ".join(str(one.id) for one in found)
        raise click.ClickException(f"several areas are named {name}; give a number: {numbers}")
    return found[0]


def person_named(session: Session, account: str, openid: str) -> int:
    """The person who writes to the account under this openid."""
    person_id = session.scalar(
        select(Identity.person_id).where(Identity.account == account, Identity.openid == openid)
    )
    if person_id is None:
        raise click.ClickException(f"nobody on the account {account} has this openid")
    return person_id
