"""One import under way: who brings it, when, where they may, and what became of each row."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from models.imports.cells import Problem
from models.imports.places import Places


class Verdict(StrEnum):
    """结果 — what a row does."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Line:
    """一行的结果 — a row's number, what it is about, what it does, and what is wrong with it."""

    number: int
    what: str
    verdict: Verdict
    problems: tuple[Problem, ...] = ()


@dataclass
class Work:
    """导入 — what the rows of one sheet share."""

    session: Session
    by: int
    at: datetime
    places: Places
    at_end: list[Callable[[], None]] = field(default_factory=list)  # what is quicker at once
