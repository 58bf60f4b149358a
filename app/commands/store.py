"""The store as a command opens it: what the domain refuses is said in the command's words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click
from sqlalchemy.orm import Session

from app.house import open_database
from config.settings import Settings, with_kept_keys
from models.base import Database
from models.errors import DomainError, TransitionNotAllowed

Words = Mapping[type[DomainError], str]


@contextmanager
def opened(words: Words) -> Iterator[Database]:
    database = open_database(with_kept_keys(Settings()))
    try:
        yield database
    except DomainError as refusal:
        raise click.ClickException(_said(refusal, words)) from refusal
    finally:
        database.dispose()


@contextmanager
def writing(words: Words) -> Iterator[Session]:
    """One transaction."""
    with opened(words) as database, database.writing() as session:
        yield session


def reason_of(trouble: Exception) -> str:
    """The driver's own words, without the statement that SQLAlchemy puts behind them."""
    return str(getattr(trouble, "orig", trouble)).strip()


def _said(refusal: DomainError, words: Words) -> str:
    if isinstance(refusal, TransitionNotAllowed):
        state, action = refusal.context["state"], refusal.context["action"]
        return f"not possible in state {state}: {action}"
    return words.get(type(refusal), str(refusal))
