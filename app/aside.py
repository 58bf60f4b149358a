"""What has to wait: in a thread aside, where the one who asks serves others meanwhile, or here."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

Made = TypeVar("Made")


class Aside(Protocol):
    """Does a work that may have to wait."""

    async def __call__(self, work: Callable[[], Made], /) -> Made: ...


async def here(work: Callable[[], Made]) -> Made:
    """For who has a thread of their own."""
    return work()


async def in_thread(work: Callable[[], Made]) -> Made:
    """For who shares a thread with everybody."""
    return await asyncio.to_thread(work)


def at_once(asked: Coroutine[Any, Any, Made]) -> Made:
    """What comes of it. It must not wait for anything but `here`."""
    try:
        asked.send(None)
    except StopIteration as ended:
        made: Made = ended.value
        return made
    asked.close()
    raise RuntimeError("it waits, and nobody wakes it")
