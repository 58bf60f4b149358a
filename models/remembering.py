"""What a block has looked up and may look up again: remembered until it may be another.

A block sees what it writes itself, and what others have committed while it waited for a row.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

from models.base import SEEN
from models.claims import release

Value = TypeVar("Value")

_MEMORIES: list["Memory"] = []


class Memory:
    """块内记忆 — looks of one kind, each by its key; they end with a change of these tables.

    Changes are seen that the ORM makes. Who writes such rows by a Statement says `forget`.
    """

    def __init__(self, *tables: str) -> None:
        self._tables = frozenset(tables)
        _MEMORIES.append(self)

    def look(self, session: Session, key: Hashable, read: Callable[[], Value]) -> Value:
        """What `read` finds, or has found. Not to be altered."""
        looks = self.looks(session)
        if key not in looks:
            looks[key] = read()
        found: Value = looks[key]
        return found

    def looks(self, session: Session) -> dict[Hashable, Any]:
        """All of the block, by their keys; what was found along with something else is added."""
        seen: dict[Any, dict[Hashable, Any]] | None = session.info.get(SEEN)
        if seen is None:
            seen = session.info[SEEN] = {}
        found = seen.get(self)
        if found is None:
            found = seen[self] = {}
        return found

    def forget(self, session: Session) -> None:
        session.info.get(SEEN, {}).pop(self, None)

    def is_touched(self, session: Session) -> bool:
        """Whether what the session is to write, or has just written, is of these tables."""
        held = (*session.new, *session.dirty, *session.deleted)
        return any(one.__tablename__ in self._tables for one in held)


@event.listens_for(Session, "after_flush")
def _flushed(session: Session, _: object) -> None:
    for memory in _MEMORIES:
        if memory.is_touched(session):
            memory.forget(session)


@event.listens_for(Session, "do_orm_execute")
def _executed(state: ORMExecuteState) -> None:
    # Who locks a row may have waited for it, while others changed what is remembered.
    is_locking = getattr(state.statement, "_for_update_arg", None) is not None
    if is_locking or not state.is_select:
        _forget_all(state.session)


@event.listens_for(Session, "after_soft_rollback")
def _rolled_back(session: Session, _: SessionTransaction) -> None:
    """What was looked up may have been taken back; what was locked since is free again."""
    _forget_all(session)
    release(session)


@event.listens_for(Session, "after_transaction_end")
def _ended(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(SEEN, None)


def _forget_all(session: Session) -> None:
    for memory in _MEMORIES:
        memory.forget(session)
