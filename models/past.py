"""The archive: old events and messages in tables of their own, and how both are read as one.

Tables of the same shape in the same store, because native partitions would need SQLite to have
them, and PostgreSQL to give up that a message's key is unique over all years. Who asks after a
ticket that may long be over reads EveryEvent; what is about open ones, and the last minutes, needs
no more than Event.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    MetaData,
    Table,
    event,
    select,
    text,
    union_all,
)

from models.base import Base
from models.events import Event
from models.outbox import OutboxMessage


def _archive_of(live: Table, *indexes: Index) -> Table:
    """The same columns; its rows come with the numbers they had."""
    columns = [
        Column(
            one.name,
            one.type,
            *(ForeignKey(key.target_fullname) for key in one.foreign_keys),
            primary_key=one.primary_key,
            nullable=one.nullable,
            autoincrement=False,
        )
        for one in live.c
    ]
    return Table(f"{live.name}_archive", Base.metadata, *columns, *indexes)


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


EVENTS: Table = Event.__table__  # type: ignore[assignment]
MESSAGES: Table = OutboxMessage.__table__  # type: ignore[assignment]

PAST_EVENTS = _archive_of(
    EVENTS,
    Index("ix_events_archive_subject", "subject_kind", "subject_id"),
    Index("ix_events_archive_actor", "actor_id", **_where("actor_id IS NOT NULL")),
)
PAST_MESSAGES = _archive_of(
    MESSAGES,
    Index("ix_outbox_archive_person", "person_id", **_where("person_id IS NOT NULL")),
    Index("ix_outbox_archive_ticket", "ticket_id", **_where("ticket_id IS NOT NULL")),
    Index("ix_outbox_archive_event", "event_id", **_where("event_id IS NOT NULL")),
    # Of an event's message nobody asks: its key begins with a number that never comes again.
    Index("uq_outbox_archive_key", "unique_key", unique=True, **_where("event_id IS NULL")),
)


class EveryEvent(Event):
    """全部事件 — those of every day and those of the archive, as one log; only to be read."""

    __table__ = union_all(select(EVENTS), select(PAST_EVENTS)).subquery("every_event")
    __mapper_args__ = {"concrete": True, "primary_key": [__table__.c.id]}


class EveryMessage(OutboxMessage):
    """全部消息 — those of every day and those of the archive, as one ledger; only to be read."""

    __table__ = union_all(select(MESSAGES), select(PAST_MESSAGES)).subquery("every_message")
    __mapper_args__ = {"concrete": True, "primary_key": [__table__.c.id]}


# A message that was sent once is not queued again when its first row lies in the archive. The
# event's own messages, which is what a report makes, do not even ask.
_KEPT_KEY = """SELECT 1 FROM outbox_archive
WHERE event_id IS NULL AND unique_key = NEW.unique_key"""
# What happened is not to be told otherwise, and the archive gives nothing back.
_UNCHANGED = "events in the archive are never changed"

Guard = tuple[str, str, str]
"""Name of a trigger, its table, and what makes it."""

_GUARDS: dict[str, tuple[Guard, ...]] = {
    "sqlite": (
        (
            "outbox_key_once",
            "outbox",
            f"BEFORE INSERT ON outbox WHEN NEW.event_id IS NULL AND EXISTS ({_KEPT_KEY})"
            " BEGIN SELECT RAISE(IGNORE); END",
        ),
        *(
            (
                f"events_archive_no_{change.lower()}",
                "events_archive",
                f"BEFORE {change} ON events_archive BEGIN SELECT RAISE(ABORT, '{_UNCHANGED}'); END",
            )
            for change in ("UPDATE", "DELETE")
        ),
    ),
    "postgresql": (
        (
            "outbox_key_once",
            "outbox",
            "BEFORE INSERT ON outbox FOR EACH ROW WHEN (NEW.event_id IS NULL)"
            " EXECUTE FUNCTION pass_over_kept_key()",
        ),
        (
            "events_archive_unchanged",
            "events_archive",
            "BEFORE UPDATE OR DELETE ON events_archive FOR EACH STATEMENT"
            " EXECUTE FUNCTION refuse_change_of_archive()",
        ),
    ),
}
_FUNCTIONS = {
    "pass_over_kept_key": f"IF EXISTS ({_KEPT_KEY}) THEN RETURN NULL; END IF; RETURN NEW;",
    "refuse_change_of_archive": f"RAISE EXCEPTION '{_UNCHANGED}';",
}


def triggers(dialect: str) -> Iterator[tuple[str, str]]:
    """Name and table of each; a migration that makes one of these tables anew guards it again."""
    return ((name, table) for name, table, _ in _GUARDS[dialect])


def guarding(dialect: str) -> Iterator[str]:
    """The statements that set the triggers; a migration runs them."""
    if dialect == "postgresql":
        for name, body in _FUNCTIONS.items():
            yield (
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger"
                f" LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
            )
    for name, _, made in _GUARDS[dialect]:
        yield f"CREATE TRIGGER {name} {made}"


def unguarding(dialect: str) -> Iterator[str]:
    on_table = dialect == "postgresql"
    for name, table in triggers(dialect):
        yield f"DROP TRIGGER {name}" + (f" ON {table}" if on_table else "")
    if on_table:
        for name in _FUNCTIONS:
            yield f"DROP FUNCTION {name}()"


@event.listens_for(Base.metadata, "after_create")
def _guard(_: MetaData, connection: Connection, tables: Iterable[Table], **__: Any) -> None:
    """For stores that are made from the metadata and not by migrations."""
    if any(one is PAST_EVENTS for one in tables):
        for statement in guarding(connection.dialect.name):
            connection.exec_driver_sql(statement)
