"""What changes rarely and every report reads (posts, places, calendars), kept in memory.

The store itself says whether it is still true: triggers on those tables renew one token with
every change, whoever makes it. Each block reads it once, with its first look; and again when it
may have changed something itself, or has waited for a row.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Connection, MetaData, Table, event, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import READS, Base, Database
from models.remembering import Memory
from models.statements import Statement

_UNREAD: Any = object()
MOST_KEPT = 20_000  # looks; a district has fewer buildings

Value = TypeVar("Value")

WATCHED = {
    "posts": "INSERT OR UPDATE OR DELETE",
    "absences": "INSERT OR UPDATE OR DELETE",
    "areas": "INSERT OR UPDATE OR DELETE",
    "area_within": "INSERT OR UPDATE OR DELETE",
    "directory_entries": "INSERT OR UPDATE OR DELETE",
    "policies": "INSERT OR UPDATE OR DELETE",
    "persons": "UPDATE OF name",
    "outside_systems": "UPDATE OF ended_at",
    "webhook_endpoints": "INSERT OR UPDATE OF stopped_at OR DELETE",
}
_TOKENS = Memory(*WATCHED)
_NOW = "now"  # there is one token


class ReferenceToken(Base):
    """参照数据标记 — one row; its token is another one after every change of the data."""

    __tablename__ = "reference_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    # At random, not counted: a number that was rolled back must never come again.
    token: Mapped[int] = mapped_column(BigInteger)


TOKEN = select(ReferenceToken.token).scalar_subquery()
_TOKEN = Statement(select(ReferenceToken.token))


class Reference:
    """参照数据 — looks of one store and process, as long as its token stays the same."""

    def __init__(self) -> None:
        # Swapped as one, so that no thread adds what an older token showed to a newer one's looks.
        self._kept: tuple[int | None, dict[Hashable, Any]] = None, {}

    def look(self, session: Session, key: Hashable, read: Callable[[], Value]) -> Value:
        """What `read` finds, from memory if nothing was changed since. Not to be altered."""
        now = _token(session)
        if now is None:
            return read()
        token, looks = self._kept
        if token != now or len(looks) > MOST_KEPT:
            looks = {}
            self._kept = now, looks
        found: Any = looks.get(key, _UNREAD)
        if found is _UNREAD:
            found = looks[key] = read()
        value: Value = found
        return value


def _token(session: Session) -> int | None:
    """Read once a block, and again when the block itself may have changed what is watched."""
    if session.in_transaction() and not session.info.get(READS) and _TOKENS.is_touched(session):
        session.flush()  # a Statement sees what is written, not what the session still holds
    seen = _TOKENS.looks(session)
    if _NOW not in seen:
        seen[_NOW] = _token_now(session)
    token: int | None = seen[_NOW]
    return token


def note_token(session: Session, token: int) -> None:
    """Another statement of this block has read it along: nobody need ask for it alone."""
    _TOKENS.looks(session)[_NOW] = token


def forget_token(session: Session) -> None:
    """It is read again: others may have changed what is watched while this block waited."""
    _TOKENS.forget(session)


def _token_now(session: Session) -> int | None:
    row = _TOKEN.first(session)
    return row[0] if row else None


def looked_up(session: Session, key: Hashable, read: Callable[[], Value]) -> Value:
    """What `read` finds in the data that changes rarely; see `Reference.look`."""
    store: dict[Any, Any] = session.info.get(Database, {})
    reference: Reference | None = store.get(Reference)
    if reference is None:
        reference = store.setdefault(Reference, Reference())
    return reference.look(session, key, read)


_RENEWING = {
    "sqlite": "UPDATE reference_token SET token = random()",
    "postgresql": "UPDATE reference_token SET token = CAST(random() * 9007199254740991 AS bigint)",
}
_FUNCTION = f"""CREATE OR REPLACE FUNCTION renew_reference_token() RETURNS trigger
LANGUAGE plpgsql AS $$ BEGIN {_RENEWING["postgresql"]}; RETURN NULL; END $$"""


def watching(dialect: str, tables: Collection[str] = WATCHED.keys()) -> Iterator[str]:
    """The statements that make the token and set the triggers; a migration runs them, for the
    tables that there are by then."""
    yield "INSERT INTO reference_token (id, token) VALUES (1, 1)"
    if dialect == "postgresql":
        yield _FUNCTION
    for name, table, changes in triggers(dialect):
        if table in tables:
            yield _trigger(dialect, name, table, changes)


def rewatching(dialect: str, watched: str) -> Iterator[str]:
    """For a migration that watches a table from now on, or has made a watched one anew."""
    for name, table, changes in triggers(dialect):
        if table == watched:
            yield f"DROP TRIGGER IF EXISTS {name}" + _of(dialect, table)
            yield _trigger(dialect, name, table, changes)


def unwatching(dialect: str, tables: Collection[str] = WATCHED.keys()) -> Iterator[str]:
    for name, table, _ in triggers(dialect):
        if table in tables:
            yield f"DROP TRIGGER {name}" + _of(dialect, table)
    if dialect == "postgresql":
        yield "DROP FUNCTION renew_reference_token()"


def triggers(dialect: str) -> Iterator[tuple[str, str, str]]:
    """Name, table and changes of each; SQLite wants one for each kind of change."""
    for table, changes in WATCHED.items():
        kinds = [changes] if dialect == "postgresql" else changes.split(" OR ")
        for number, kind in enumerate(kinds):
            yield f"reference_{table}_{number}", table, kind


def _trigger(dialect: str, name: str, table: str, changes: str) -> str:
    if dialect == "postgresql":
        body = "FOR EACH STATEMENT EXECUTE FUNCTION renew_reference_token()"
    else:
        body = f"BEGIN {_RENEWING[dialect]}; END"
    return f"CREATE TRIGGER {name} AFTER {changes} ON {table} {body}"


def _of(dialect: str, table: str) -> str:
    return f" ON {table}" if dialect == "postgresql" else ""


@event.listens_for(Base.metadata, "after_create")
def _watch(_: MetaData, connection: Connection, tables: Iterable[Table], **__: Any) -> None:
    """For stores that are made from the metadata and not by migrations."""
    if any(one.name == ReferenceToken.__tablename__ for one in tables):
        for statement in watching(connection.dialect.name):
            connection.exec_driver_sql(statement)
