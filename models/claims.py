"""Rows that a block has locked: whoever acts on them next waits until it has ended."""

from typing import TypeVar

from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from models.base import SEEN

Row = TypeVar("Row")
_CLAIMED = "claimed"


def claim(session: Session, row: object) -> None:
    """Of two who act on a row at once, the second finds what the first has made of it.

    SQLite has one writer at a time: what this transaction has read of the row is still so.
    """
    claimed = _claimed(session)
    if row not in claimed and not _has_one_writer(session):
        session.flush()  # `refresh` begins with forgetting what is not written yet
        session.refresh(row, with_for_update=True)
        claimed.add(row)


def get_claimed(session: Session, kind: type[Row], row_id: int) -> Row | None:
    """As `session.get` and `claim`, asking once."""
    known: Row | None = session.identity_map.get(identity_key(kind, row_id))
    if known is not None:
        claim(session, known)  # `get` would lock the row and leave what was read before as it is
        return known
    if _has_one_writer(session):
        return session.get(kind, row_id)
    row = session.get(kind, row_id, with_for_update=True)
    if row is not None:
        _claimed(session).add(row)
    return row


def release(session: Session) -> None:
    """What was claimed within a savepoint is free again when that is rolled back."""
    session.info.get(SEEN, {}).pop(_CLAIMED, None)


def _claimed(session: Session) -> set[object]:
    """What this block has locked, and nobody else can change."""
    rows: set[object] = session.info.setdefault(SEEN, {}).setdefault(_CLAIMED, set())
    return rows


def _has_one_writer(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
