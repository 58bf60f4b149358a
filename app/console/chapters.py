"""The chapters of the staff's handbook 使用手册: their order, and which one tells of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from config.policy import load


@dataclass(frozen=True, slots=True)
class Chapter:
    """一章 — one daily task told in short sentences, with the pages it tells of."""

    key: str
    title: str
    pages: frozenset[str]


@cache
def chapters() -> Sequence[Chapter]:
    rows = load("handbook")["chapter"].items()
    return [Chapter(key, row["title"], frozenset(row["pages"])) for key, row in rows]


def chapter_of(page: str) -> Chapter | None:
    """Which one a page links to."""
    return next((one for one in chapters() if page in one.pages), None)
