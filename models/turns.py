"""Who writes and who waits: one of a process leads, takes others along or hands the lead on."""

import threading
from collections import deque
from typing import Generic, TypeVar

from models.errors import StoreBusy


class Waiter:
    """等候者 — somebody with something to write; told when it leads, or when its work has ended."""

    __slots__ = ("leads", "signal")

    def __init__(self) -> None:
        self.leads = False
        self.signal = threading.Lock()
        self.signal.acquire()

    def lead(self) -> None:
        self.leads = True
        self.signal.release()


Kind = TypeVar("Kind", bound=Waiter)


class Turns(Generic[Kind]):
    """轮次 — whoever comes while nobody leads, leads; everybody else waits in a row."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._is_led = False
        self._waiting: deque[Kind] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def come(self, me: Kind, seconds: float) -> None:
        """Returns when it leads, or when its work has ended. Raises StoreBusy when neither came."""
        with self._mutex:
            if not self._is_led:
                self._is_led = me.leads = True
                return
            self._waiting.append(me)
        if me.signal.acquire(timeout=seconds):
            return
        with self._mutex:
            if me in self._waiting:
                self._waiting.remove(me)
                raise StoreBusy
        me.signal.acquire()  # taken up just now

    def hand_on(self) -> None:
        """Somebody who waits leads next."""
        with self._mutex:
            waiter = self._waiting.popleft() if self._waiting else None
            self._is_led = waiter is not None
        if waiter is not None:
            waiter.lead()

    def take(self) -> Kind | None:
        """The first of those who wait."""
        with self._mutex:
            return self._waiting.popleft() if self._waiting else None
