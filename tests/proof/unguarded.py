"""Starts the product with one guard taken out, to show that the proof would notice."""

import itertools
import os
from collections.abc import Callable
from typing import Any

import click
from flask import Flask

from app.serving import serve_web
from app.wechat import intake
from app.wsgi import create_app as whole_app
from config.settings import Settings
from models import inbox

VARIABLE = "PROOF_WITHOUT"
_receive = inbox.receive
_deliveries = itertools.count()


def _without_inbox_key() -> None:
    """Every delivery has a key of its own, as if the inbox had no unique one."""

    def receive(session: Any, *, key: str, **values: Any) -> inbox.Received:
        return _receive(session, key=f"{key}/{os.getpid()}/{next(_deliveries)}", **values)

    intake.inbox.receive = receive


GUARDS: dict[str, Callable[[], None]] = {"inbox_key": _without_inbox_key}


def create_app() -> Flask:
    """What the worker processes load; the guard's name comes through the environment."""
    GUARDS[os.environ[VARIABLE]]()
    return whole_app()


@click.command()
@click.argument("guard", type=click.Choice(list(GUARDS)))
@click.option("--port", type=int, required=True)
def main(guard: str, port: int) -> None:
    """Serve like `linli web`, without the guard."""
    os.environ[VARIABLE] = guard
    serve_web(Settings(), "127.0.0.1", port, "tests.proof.unguarded:create_app")


if __name__ == "__main__":
    main()
