"""Trouble on demand: slow, dropped, doubled or refused, per path or for pushes."""

import itertools
import random
import threading
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Kind = Literal["slow", "drop_before", "drop_after", "duplicate", "errcode"]
PUSH = "push"


class UnknownFault(Exception):
    """A fault this platform does not know how to make."""


@dataclass(slots=True)
class Fault:
    """One kind of trouble for one path (`push` for deliveries, `*` for every API call)."""

    id: int
    path: str
    kind: Kind
    value: int
    times: int | None
    probability: float
    draw: random.Random = field(repr=False)

    def strikes(self, path: str) -> bool:
        if self.path != path and not (self.path == "*" and path != PUSH):
            return False
        if self.times == 0 or self.draw.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def as_dict(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "draw"}


class Faults:
    """The faults in force. They live in memory: a restart clears them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._ids = itertools.count(1)

    def add(
        self,
        kind: Kind,
        path: str,
        value: int = 0,
        times: int | None = None,
        probability: float = 1.0,
        seed: int | None = None,
    ) -> Fault:
        if kind not in get_args(Kind):
            raise UnknownFault(kind)
        if not all(isinstance(number, int | float) for number in (value, times or 0, probability)):
            raise UnknownFault("value, times and probability are numbers")
        fault = Fault(next(self._ids), path, kind, value, times, probability, random.Random(seed))
        with self._lock:
            self._faults.append(fault)
        return fault

    def strike(self, path: str) -> dict[str, int]:
        """What goes wrong with this call or delivery: kind → value, a later fault wins."""
        if not self._faults:
            return {}
        with self._lock:
            struck: dict[str, int] = {f.kind: f.value for f in self._faults if f.strikes(path)}
            self._faults = [f for f in self._faults if f.times != 0]
        return struck

    def clear(self, fault_id: int | None = None) -> None:
        with self._lock:
            self._faults = [f for f in self._faults if fault_id not in (None, f.id)]

    def in_force(self) -> list[dict[str, Any]]:
        with self._lock:
            return [fault.as_dict() for fault in self._faults]
