"""Which pages a resident has: address, method, view, and who may open it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

View = Callable[..., Any]
SMALL, WITH_PHOTOS = 100_000, 40_000_000  # bytes of a form


class Gate(StrEnum):
    """谁能打开 — anybody, or who has signed in."""

    ANYBODY = "anybody"
    RESIDENT = "resident"


@dataclass(frozen=True, slots=True)
class Page:
    """页面 — one address with one method."""

    rule: str
    method: str
    name: str
    gate: Gate
    largest: int
    view: View


PAGES: dict[str, Page] = {}


def page(
    rule: str, method: str = "GET", gate: Gate = Gate.RESIDENT, largest: int = SMALL
) -> Callable[[View], View]:
    """Enters the view under its own name."""

    def enter(view: View) -> View:
        PAGES[view.__name__] = Page(rule, method, view.__name__, gate, largest, view)
        return view

    return enter
