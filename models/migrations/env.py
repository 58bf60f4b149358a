"""Alembic's entry: runs the versions on the connection it is handed."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from models import registry
from models.base import Base, UtcDateTime
from models.sealing import Sealed


def as_plain_type(kind: str, thing: Any, _: Any) -> str | Literal[False]:
    """A version must run for ever, so it names what the database holds, not today's classes."""
    if kind != "type":
        return False
    if isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(thing, Sealed):
        return "sa.LargeBinary()"
    return f"sa.String({thing.length})" if isinstance(thing, sa.Enum) else False


registry.load_tables()
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
    render_item=as_plain_type,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
