"""Works of one process in one PostgreSQL transaction, step by step: there round trips cost most."""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextvars import copy_context
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, RootTransaction
from sqlalchemy.orm import Session

from models.engines import LOCK_SECONDS
from models.marching import march
from models.turns import Turns, Waiter

MOST_WORKS = 64  # as many as a web process has threads
# Those of the last transaction are on their way back: who went without them would go alone.
GATHERING_SECONDS = 0.003
ALONE = object()  # of who brings all their company with them

Made = TypeVar("Made")


class _Waiter(Waiter, Generic[Made]):
    """With what is to be written, and for whom."""

    __slots__ = ("context", "failure", "made", "whose", "work")

    made: Made

    def __init__(self, work: Callable[[Session], Made], whose: Hashable) -> None:
        super().__init__()
        self.work = work
        self.whose = whose
        self.context = copy_context()  # what its log lines are marked with
        self.failure: BaseException | None = None


class Lockstep:
    """齐步 — does what waits in one transaction; nobody hears of an end before its commit.

    Each work runs until it has something to ask of the store; those who ask the same are then
    answered by one statement. A work that needs the ORM waits until the others have ended and
    goes on alone, for savepoints only nest. When one fails nothing is kept, and each is done
    again by itself. Two of the same person are never done together: the second has to see what
    the first has written.
    """

    def __init__(self, connect: Callable[[], Connection], info: Mapping[Any, Any]) -> None:
        self._connect = connect
        self._info = info
        self._turns: Turns[_Waiter[Any]] = Turns()
        self._kept: Connection | None = None
        self._had_company = False

    def run(self, work: Callable[[Session], Made], whose: Hashable) -> Made:
        """Does the work, perhaps in another thread. Raises what it raised, StoreBusy, and what
        the commit raised."""
        me = _Waiter(work, whose)
        self._turns.come(me, LOCK_SECONDS)
        if me.leads:
            try:
                self._lead(me)
            finally:
                self._turns.hand_on()
        if me.failure is not None:
            raise me.failure
        return me.made

    def run_all(
        self, works: Sequence[Callable[[Session], Made]], whose: Sequence[Hashable]
    ) -> list[Made | BaseException]:
        """For each what it made or why it was not kept. Each is of another person.

        Raises StoreBusy.
        """
        waiters = [_Waiter(work, who) for work, who in zip(works, whose, strict=True)]
        alone = _Waiter(works[0], ALONE)
        self._turns.come(alone, LOCK_SECONDS)
        try:
            self._do_all(waiters)
        finally:
            self._turns.hand_on()
        return [one.made if one.failure is None else one.failure for one in waiters]

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

    def _lead(self, me: _Waiter[Any]) -> None:
        if self._had_company:
            time.sleep(GATHERING_SECONDS)
        companions = self._companions(me)
        self._had_company = bool(companions)
        try:
            self._do_all([me, *companions])
        finally:
            for waiter in companions:
                waiter.signal.release()

    def _do_all(self, waiters: Sequence[_Waiter[Any]]) -> None:
        # Two processes that lock rows of the same persons do it in the same order, or each would
        # wait for the other until the store finds out, a second later.
        waiters = sorted(waiters, key=lambda one: str(one.whose))
        if not self._do(waiters):
            for waiter in waiters:
                self._do_alone(waiter)

    def _companions(self, me: _Waiter[Any]) -> list[_Waiter[Any]]:
        """Others who wait, each of another person."""
        persons = {me.whose, ALONE}

        def fits(waiter: _Waiter[Any]) -> bool:
            is_other = waiter.whose not in persons
            persons.add(waiter.whose)
            return is_other

        return self._turns.take(MOST_WORKS - 1, fits)

    def _do_alone(self, waiter: _Waiter[Any]) -> None:
        if not self._do([waiter]):
            self._do([waiter])

    def _do(self, waiters: Sequence[_Waiter[Any]]) -> bool:
        """Does it all in one transaction. False when nothing of it is kept, for the fault of one
        of several, or because the connection had been lost meanwhile."""
        was_kept = self._kept is not None
        try:
            connection = self._kept = self._kept or self._connected()
            transaction = connection.begin()
            try:
                made = march(connection, self._info, [(one.work, one.context) for one in waiters])
            except BaseException:
                transaction.rollback()
                raise
        except Exception as failure:
            is_lost = self._is_lost()
            if is_lost:
                self.drop()
            if len(waiters) > 1 or (is_lost and was_kept):
                return False
            waiters[0].failure = failure
            return True
        self._commit(transaction, waiters, made)
        return True

    def _commit(
        self, transaction: RootTransaction, waiters: Sequence[_Waiter[Any]], made: Sequence[Any]
    ) -> None:
        """Ends the transaction for everybody in it; of one that fails nobody knows what it kept."""
        try:
            transaction.commit()
        except Exception as failure:
            self.drop()
            for waiter in waiters:
                waiter.failure = failure
        else:
            for waiter, one in zip(waiters, made, strict=True):
                waiter.made = one

    def _is_lost(self) -> bool:
        kept = self._kept
        if kept is None or kept.invalidated:
            return True
        return bool(kept.connection.driver_connection.closed)  # type: ignore[union-attr]
