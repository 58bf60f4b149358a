"""`linli demo`: plays the product as people use it, and checks every step."""

import os
import socket
import tempfile
from pathlib import Path

import click

from app import house
from app.embedded import Embedded
from app.sandbox.client import SandboxClient
from app.story import Player, StoryBroke, stories
from config.settings import Settings, generate_missing_keys

CREDENTIALS = ("LINLI_WECHAT_APP_ID", "LINLI_WECHAT_SECRET", "LINLI_WECHAT_TOKEN")


@click.command()
@click.argument("story", required=False, type=click.Choice(list(stories())))
def demo(story: str | None) -> None:
    """Play a STORY (all of them without a name) through the sandbox, over real HTTP.

    Uses free ports and a fresh database of its own, prints what people read, and ends with an
    error at the first difference between what is said and what the database holds.
    """
    if os.environ.get("LINLI_DATABASE_URL"):
        raise click.ClickException(
            "LINLI_DATABASE_URL is set: the demo plays on a fresh database of its own only"
        )
    with tempfile.TemporaryDirectory(prefix="linli-demo-") as folder:
        _set_up(Path(folder))
        chosen = [story] if story else list(stories())
        _play(chosen)


def _set_up(folder: Path) -> None:
    for name in CREDENTIALS:
        os.environ.pop(name, None)
    os.environ["LINLI_DATA_DIR"] = str(folder)
    os.environ["LINLI_LOG_LEVEL"] = "ERROR"
    os.environ["LINLI_OUTSIDE_NETWORKS"] = "127.0.0.0/8"  # where a story's receiver listens
    os.environ["LINLI_QUIET_HOURS"] = "0"  # what desks do is told at night, too
    for name in ("LINLI_SECRET_KEY", "LINLI_DATA_KEY"):
        os.environ.pop(name, None)
    generate_missing_keys(folder)


def _play(chosen: list[str]) -> None:
    settings = Settings()
    embedded = Embedded(settings, _free_port(), _free_port())
    embedded.prepare()
    with embedded:
        database = house.open_database(settings)
        player = Player(
            SandboxClient(embedded.sandbox_url or ""), database, embedded.web_url, click.echo
        )
        try:
            for name in chosen:
                player.play(stories()[name])
        except StoryBroke as difference:
            raise click.ClickException(str(difference)) from difference
        finally:
            database.dispose()
    number = "1 story" if len(chosen) == 1 else f"{len(chosen)} stories"
    click.echo(f"\n{number}, every step as told")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
