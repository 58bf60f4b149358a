"""`linli open311`: the other houses to which staff hand on what belongs there."""

import json

import click

from app.commands import store
from app.house import now
from config.settings import DATA_KEY, Settings, missing_keys, with_kept_keys
from models.errors import AlreadyDone, NotFound
from models.open311 import endpoints
from models.open311.endpoints import OTHERWISE, EndpointUnfit

WORDS: store.Words = {
    EndpointUnfit: "this is no endpoint",
    AlreadyDone: "there is one of this name",
    NotFound: "there is none of this name",
}


@click.group()
def open311() -> None:
    """Open311 endpoints of other houses; ours stands at /open311/v2."""


@open311.command("list")
def list_endpoints() -> None:
    """Those in use, one JSON line each; no keys."""
    with store.opened(WORDS) as database, database.reading() as session:
        for one in endpoints.in_use(session):
            row = {
                "name": one.name,
                "url": one.url,
                "jurisdiction_id": one.jurisdiction,
                "codes": one.codes,
            }
            click.echo(json.dumps(row, ensure_ascii=False))


@open311.command()
@click.argument("name")
@click.argument("url")
@click.option("--code", required=True, help="Their service_code for everything else.")
@click.option(
    "--class",
    "classes",
    type=(str, str),
    multiple=True,
    metavar="OURS THEIRS",
    help="One of our classes, and their service_code for it.",
)
@click.option("--jurisdiction", help="Their jurisdiction_id, where they serve several.")
@click.option("--key", prompt="api_key", hide_input=True, help="Asked for unless it is given.")
def add(
    name: str,
    url: str,
    code: str,
    classes: tuple[tuple[str, str], ...],
    jurisdiction: str | None,
    key: str,
) -> None:
    """NAME as staff call it; URL up to and with the version, without the form."""
    if DATA_KEY in missing_keys(with_kept_keys(Settings())):
        raise click.ClickException(f"{DATA_KEY} seals their api_key, and is not set")
    codes = {**dict(classes), OTHERWISE: code}
    with store.writing(WORDS) as session:
        endpoints.add(session, name, url, key, codes, jurisdiction=jurisdiction, at=now())


@open311.command()
@click.argument("name")
def end(name: str) -> None:
    """Nothing new goes to NAME; what went is followed to its end."""
    with store.writing(WORDS) as session:
        endpoints.end(session, name, at=now())
