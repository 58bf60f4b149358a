"""One SQLite transaction for all who wait to write in a process: one commit, one fsync."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, RootTransaction
from sqlalchemy.orm import Session

from models.engines import LOCK_SECONDS, FileGate
from models.errors import StoreBusy
from models.statements import Direct
from models.turns import Turns, Waiter

MOST_BLOCKS = 16
MOST_SECONDS = 0.02  # a transaction takes no more blocks in after that

# On the driver's cursor: a Session's own costs as much as all statements of an intake.
BEGIN_BLOCK, END_BLOCK = "SAVEPOINT block", "RELEASE block"

Made = TypeVar("Made")


@dataclass(frozen=True)
class Turn:
    """One block's time to write: what it writes with, on the driver's cursor or by the ORM."""

    connection: Connection
    cursor: Any
    way: Direct  # of the session
    session: Session

    def drop(self) -> None:
        """Closes the connection, and has the pool make another one."""
        self.session.close()
        self.connection.invalidate()
        self.connection.close()


class _Waiter(Waiter, Generic[Made]):
    """Without `work` it is a block of their own thread."""

    __slots__ = ("failure", "made", "work")

    made: Made

    def __init__(self, work: Callable[[Turn], Made] | None = None) -> None:
        super().__init__()
        self.work = work
        self.failure: BaseException | None = None

    def run(self, turn: Turn) -> None:
        assert self.work is not None
        self.made = self.work(turn)

    def do(self, turn: Turn) -> None:
        """Does the work in a savepoint; its failure is its own."""
        try:
            _begin_block(turn)
            self.run(turn)
            _end_block(turn)
        except BaseException as failure:  # raised again by who waits for it
            self.failure = failure
            _take_back(turn)


@dataclass
class _Group:
    """What is written together; `failure` is everybody's."""

    turn: Turn
    transaction: RootTransaction
    began: float
    blocks: int = 0
    served: list[_Waiter[Any]] = field(default_factory=list)  # whose work was done for them
    done: threading.Event = field(default_factory=threading.Event)
    failure: BaseException | None = None

    @property
    def is_full(self) -> bool:
        return self.blocks >= MOST_BLOCKS or time.monotonic() - self.began > MOST_SECONDS


class GroupCommit:
    """Takes turns in one transaction; nobody hears of an end before its commit.

    One thread leads: it does the work of those who wait meanwhile too, for a change of threads
    between two of them would take as long as half of their work. A block can only run in its own
    thread, so the lead goes there with the transaction open. What fails takes nothing of the
    others with it: it works in a savepoint, or is done again in one. The connection is kept
    until a transaction fails.
    """

    def __init__(self, gate: FileGate, connect: Callable[[], Turn]) -> None:
        self._gate = gate
        self._connect = connect
        self._turns: Turns[_Waiter[Any]] = Turns()
        self._group: _Group | None = None  # handed on by who led before
        self._kept: Turn | None = None

    def run(self, work: Callable[[Turn], Made]) -> Made:
        """Does the work, perhaps in another thread that writes just now.

        Raises StoreBusy, what the work raised, and what the commit raised.
        """
        (ended,) = self.run_all([work])
        if isinstance(ended, BaseException):
            raise ended
        return ended

    def run_all(self, works: Sequence[Callable[[Turn], Made]]) -> list[Made | BaseException]:
        """Does it all, in one transaction as a rule: what each made, or why it was not kept.

        Raises StoreBusy.
        """
        waiters = [_Waiter(work) for work in works]
        for done, first in enumerate(waiters):
            self._turns.come(first, LOCK_SECONDS)
            if first.leads:
                self._lead_with(waiters[done:])
                break
        return [one.made if one.failure is None else one.failure for one in waiters]

    def _lead_with(self, mine: Sequence[_Waiter[Any]]) -> None:
        group = self._open()
        is_new = not group.served and not group.blocks
        if not (is_new and len(mine) > 1):
            self._do_each(group, mine)
        elif not self._do_bare(group, mine):
            self._abandon(group)
            group = self._begin()
            self._do_each(group, mine)
        self._lead(group)

    def _do_each(self, group: _Group, waiters: Sequence[_Waiter[Any]]) -> None:
        for waiter in waiters:
            self._do(group, waiter)

    def _do_bare(self, group: _Group, waiters: Sequence[_Waiter[Any]]) -> bool:
        """All of them, without the savepoints that take a twelfth of the work.

        False when one failed, whose failure would take the others' along.
        """
        try:
            with group.turn.way.gathering():
                for waiter in waiters:
                    waiter.run(group.turn)
                    if not _is_open(group.turn):
                        return False
        except BaseException:  # it fails again by itself, and is told then
            return False
        group.served += waiters
        group.blocks += len(waiters)
        return True

    def _abandon(self, group: _Group) -> None:
        """Nothing of it is kept, and nobody was told of it."""
        try:
            group.transaction.rollback()
        except Exception:
            self.drop()
        finally:
            self._gate.leave()

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """What one block writes with. Raises StoreBusy, and what the commit raised."""
        self._turns.come(_Waiter(), LOCK_SECONDS)
        group = self._open()
        try:
            with _savepoint(group.turn):
                yield group.turn
            group.blocks += 1
        finally:
            self._lead(group)
        group.done.wait()
        if group.failure is not None:
            raise group.failure

    def _open(self) -> _Group:
        group, self._group = self._group, None
        return group or self._begin()

    def _begin(self) -> _Group:
        try:
            self._gate.enter()
            try:
                turn = self._kept = self._kept or self._connect()
                return _Group(turn, turn.connection.begin(), time.monotonic())
            except BaseException:
                self.drop()
                self._gate.leave()
                raise
        except BaseException:
            self._turns.hand_on()
            raise

    def drop(self) -> None:
        """Closes the connection; nobody may be writing."""
        kept, self._kept = self._kept, None
        if kept is not None:
            with suppress(Exception):  # it will not be used again in any case
                kept.drop()

    def _do(self, group: _Group, waiter: _Waiter[Any]) -> None:
        waiter.do(group.turn)
        group.served.append(waiter)
        if waiter.failure is None:
            group.blocks += 1

    def _lead(self, group: _Group) -> None:
        """Does what others wait with, until nobody does or a block needs the lead for itself."""
        while (waiter := self._next(group)) is not None:
            if waiter.work is None:
                self._group = group
                waiter.lead()
                return
            self._do(group, waiter)
        self._commit(group)

    def _next(self, group: _Group) -> _Waiter[Any] | None:
        return None if group.is_full else self._turns.take()

    def _commit(self, group: _Group) -> None:
        """Ends the transaction for everybody in it."""
        try:
            if group.blocks:
                _check_open(group.turn)
            group.transaction.commit()
        except BaseException as failure:  # everybody in the group must hear of it
            group.failure = failure
            self.drop()
        finally:
            self._gate.leave()
            self._turns.hand_on()
            group.done.set()
            for waiter in group.served:
                waiter.failure = waiter.failure or group.failure
                waiter.signal.release()


@contextmanager
def _savepoint(turn: Turn) -> Iterator[None]:
    _begin_block(turn)
    try:
        yield
    except BaseException:
        _take_back(turn)
        raise
    else:
        _end_block(turn)


def _begin_block(turn: Turn) -> None:
    # Without this it would be a transaction of its own, and kept, while all hear that nothing was.
    _check_open(turn)
    turn.cursor.execute(BEGIN_BLOCK)


def _end_block(turn: Turn) -> None:
    if _is_open(turn):
        turn.cursor.execute(END_BLOCK)


def _take_back(turn: Turn) -> None:
    if not _is_open(turn):
        return
    try:
        turn.cursor.execute("ROLLBACK TO block")
        turn.cursor.execute(END_BLOCK)
    except Exception:  # then nothing of the transaction may be kept
        with suppress(Exception):
            turn.cursor.connection.rollback()


def _check_open(turn: Turn) -> None:
    if not _is_open(turn):
        raise StoreBusy("the store gave the transaction up")


def _is_open(turn: Turn) -> bool:
    """False once SQLite has rolled everything back of its own, as for a full disk."""
    return bool(turn.cursor.connection.in_transaction)
