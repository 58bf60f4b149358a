"""For whom this thread works just now, and on which ticket: said by each line of the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REQUEST: ContextVar[str] = ContextVar("request", default="")
TICKET: ContextVar[int] = ContextVar("ticket", default=0)


@contextmanager
def afresh(request: str = "") -> Iterator[None]:
    """One thread may do the work of another's request: nothing of its own is said meanwhile."""
    before = REQUEST.set(request), TICKET.set(0)
    try:
        yield
    finally:
        REQUEST.reset(before[0])
        TICKET.reset(before[1])
