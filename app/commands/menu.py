"""`linli menu`: the official account's menu."""

import json
from typing import Any

import click

from app.house import open_database
from config.policy import load
from config.settings import Settings
from jobs.channels.refusals import ApiRefused
from jobs.channels.wechat_client import WeChatClient
from jobs.channels.wire import NotReached, Unanswered
from models.accounts import MAIN


@click.group()
def menu() -> None:
    """The menu of the official account, from config/menu.toml."""


@menu.command()
def show() -> None:
    """Print what would be pushed, as JSON."""
    click.echo(json.dumps(as_wechat_wants_it(), ensure_ascii=False, indent=2))


@menu.command()
@click.option("--account", default=MAIN, show_default=True)
def push(account: str) -> None:
    """Create the menu on WeChat; clients show it within five minutes."""
    settings = Settings()
    database = open_database(settings)
    client = WeChatClient(database, settings)
    try:
        client.menu_create(account, as_wechat_wants_it())
    except ApiRefused as refusal:
        raise click.ClickException(f"WeChat refused the menu: {refusal.errcode}") from refusal
    except (NotReached, Unanswered) as failure:
        raise click.ClickException("WeChat could not be reached; nothing changed") from failure
    finally:
        client.close()
        database.dispose()
    click.echo("menu created")


def as_wechat_wants_it() -> dict[str, Any]:
    return {
        "button": [
            {
                "name": button["name"],
                "sub_button": [
                    {"type": "click", "name": one["name"], "key": one["key"]}
                    for one in button["sub"]
                ],
            }
            for button in load("menu")["button"]
        ]
    }
