"""One SQLite transaction for the blocks that wait in a process: one commit, one fsync for all."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RootTransaction
from sqlalchemy.orm import Session

from models.engines import LOCK_SECONDS, FileGate
from models.errors import StoreBusy

MOST_BLOCKS = 16
MOST_SECONDS = 0.02  # a transaction takes no more blocks in after that
PATIENCE_SECONDS = 0.05  # for those who were counted on and did not come


@dataclass(frozen=True)
class Turn:
    """One block's time to write: what it writes with, on the driver's cursor or by the ORM."""

    connection: Connection
    cursor: Any
    session: Session

    def drop(self) -> None:
        """Closes the connection, and has the pool make another one."""
        self.session.close()
        self.connection.invalidate()
        self.connection.close()


@dataclass
class _Group:
    """What is written together; `failure` is everybody's."""

    turn: Turn
    transaction: RootTransaction
    began: float
    blocks: int = 0
    done: threading.Event = field(default_factory=threading.Event)
    failure: BaseException | None = None


class GroupCommit:
    """Takes turns in one transaction. A block returns only after its commit.

    A block that fails takes nothing of the others with it: it works in a savepoint. The
    connection is kept between groups, until one of them fails.
    """

    def __init__(self, gate: FileGate, connect: Callable[[], Turn]) -> None:
        self._gate = gate
        self._connect = connect
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._waiting = 0
        self._group: _Group | None = None
        self._kept: Turn | None = None

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """What one block writes with. Raises StoreBusy, and what the commit raised."""
        self._take_turn(LOCK_SECONDS)
        try:
            group = self._group or self._open()
            try:
                with _savepoint(group.turn):
                    yield group.turn
            except BaseException:
                self._leave_out(group)
                raise
            group.blocks += 1
            is_last = self._is_last(group)
            if is_last:
                self._commit(group)
        finally:
            self._turn.release()
        if not is_last:
            self._await(group)
        if group.failure is not None:
            raise group.failure

    def _take_turn(self, seconds: float) -> None:
        with self._counting:
            self._waiting += 1
        taken = self._turn.acquire(timeout=seconds)
        with self._counting:
            self._waiting -= 1
        if not taken:
            raise StoreBusy

    def _open(self) -> _Group:
        self._gate.enter()
        try:
            turn = self._kept = self._kept or self._connect()
            group = _Group(turn, turn.connection.begin(), time.monotonic())
        except BaseException:
            self.drop()
            self._gate.leave()
            raise
        self._group = group
        return group

    def drop(self) -> None:
        """Closes the connection; nobody may be writing."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.drop()

    def _is_last(self, group: _Group) -> bool:
        full = group.blocks >= MOST_BLOCKS or time.monotonic() - group.began > MOST_SECONDS
        return full or self._waiting == 0

    def _leave_out(self, group: _Group) -> None:
        """A block failed. The others' work is kept, unless the store itself gave all of it up."""
        if group.blocks == 0 or self._is_last(group):
            self._commit(group)

    def _await(self, group: _Group) -> None:
        """Another block ends the transaction; if none came after all, this one does."""
        while not group.done.wait(PATIENCE_SECONDS):
            self._take_turn(LOCK_SECONDS)
            try:
                if self._group is group:
                    self._commit(group)
            finally:
                self._turn.release()

    def _commit(self, group: _Group) -> None:
        """Holding the turn: ends the transaction for everybody in it."""
        self._group = None
        try:
            if group.blocks and not _is_open(group.turn):
                raise StoreBusy("the store gave the transaction up")
            group.transaction.commit()
        except BaseException as failure:  # everybody in the group must hear of it
            group.failure = failure
            self.drop()
        finally:
            self._gate.leave()
            group.done.set()


@contextmanager
def _savepoint(turn: Turn) -> Iterator[None]:
    """On the driver's cursor: a Session's own costs as much as all statements of an intake."""
    turn.cursor.execute("SAVEPOINT block")
    try:
        yield
    except BaseException:
        if _is_open(turn):
            turn.cursor.execute("ROLLBACK TO block")
            turn.cursor.execute("RELEASE block")
        raise
    else:
        if _is_open(turn):
            turn.cursor.execute("RELEASE block")


def _is_open(turn: Turn) -> bool:
    """False once SQLite has rolled everything back of its own, as for a full disk."""
    return bool(turn.cursor.connection.in_transaction)
