"""Works of one process in one PostgreSQL transaction, step by step: there round trips cost most."""

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextvars import copy_context
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, RootTransaction
from sqlalchemy.orm import Session

from models.engines import LOCK_SECONDS
from models.errors import StoreBusy
from models.marching import march

Made = TypeVar("Made")


class _Walker(Generic[Made]):
    """同行者 — what is to be written, and for whom."""

    __slots__ = ("context", "failure", "made", "whose", "work")

    made: Made

    def __init__(self, work: Callable[[Session], Made], whose: Hashable) -> None:
        self.work = work
        self.whose = whose
        self.context = copy_context()  # what its log lines are marked with
        self.failure: BaseException | None = None


class Lockstep:
    """齐步 — does several works in one transaction; nobody hears of an end before its commit.

    Each work runs until it has something to ask of the store; those who ask the same are then
    answered by one statement. A work that needs the ORM waits until the others have ended and
    goes on alone, for savepoints only nest. When one fails nothing is kept, and each is done
    again by itself. Two of the same person are never done together: the second has to see what
    the first has written.
    """

    def __init__(self, connect: Callable[[], Connection], info: Mapping[Any, Any]) -> None:
        self._connect = connect
        self._info = info
        self._mutex = threading.Lock()
        self._kept: Connection | None = None

    def run_all(
        self, works: Sequence[Callable[[Session], Made]], whose: Sequence[Hashable]
    ) -> list[Made | BaseException]:
        """For each what it made, or why it was not kept. Each is of another person.

        Raises StoreBusy.
        """
        walkers = [_Walker(work, who) for work, who in zip(works, whose, strict=True)]
        if not self._mutex.acquire(timeout=LOCK_SECONDS):
            raise StoreBusy
        try:
            # Two processes that lock rows of the same persons do it in the same order, or each
            # would wait for the other until the store finds out, a second later.
            in_order = sorted(walkers, key=lambda one: str(one.whose))
            if not self._do(in_order):
                for walker in in_order:
                    self._do_alone(walker)
        finally:
            self._mutex.release()
        return [one.made if one.failure is None else one.failure for one in walkers]

    def _connected(self) -> Connection:
        connection = self._connect()
        # A few rows by their keys are what is looked for here. The store reckons with a hundred
        # records, finds the tables small as long as nobody has analysed them, and reads them all.
        for way in ("hashjoin", "mergejoin", "seqscan"):
            connection.exec_driver_sql(f"SET enable_{way} = off")
        connection.commit()
        return connection

    def drop(self) -> None:
        """Closes the connection; nobody may be writing."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.invalidate()
            kept.close()

    def _do_alone(self, walker: _Walker[Any]) -> None:
        if not self._do([walker]):
            self._do([walker])

    def _do(self, walkers: Sequence[_Walker[Any]]) -> bool:
        """Does it all in one transaction. False when nothing of it is kept, for the fault of one
        of several, or because the connection had been lost meanwhile."""
        was_kept = self._kept is not None
        try:
            connection = self._kept = self._kept or self._connected()
            transaction = connection.begin()
            try:
                made = march(connection, self._info, [(one.work, one.context) for one in walkers])
            except BaseException:
                transaction.rollback()
                raise
        except Exception as failure:
            is_lost = self._is_lost()
            if is_lost:
                self.drop()
            if len(walkers) > 1 or (is_lost and was_kept):
                return False
            walkers[0].failure = failure
            return True
        self._commit(transaction, walkers, made)
        return True

    def _commit(
        self, transaction: RootTransaction, walkers: Sequence[_Walker[Any]], made: Sequence[Any]
    ) -> None:
        """Ends the transaction for everybody in it; of one that fails nobody knows what it kept."""
        try:
            transaction.commit()
        except Exception as failure:
            self.drop()
            for walker in walkers:
                walker.failure = failure
        else:
            for walker, one in zip(walkers, made, strict=True):
                walker.made = one

    def _is_lost(self) -> bool:
        kept = self._kept
        if kept is None or kept.invalidated:
            return True
        return bool(kept.connection.driver_connection.closed)  # type: ignore[union-attr]
