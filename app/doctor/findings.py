"""What a look at the house finds."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """程度 — how bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"
    UNSEEN = "unseen"  # not looked at, because what it needs is wrong


@dataclass(frozen=True, slots=True)
class Finding:
    """检查结果 — what is so, and the one thing to do about it."""

    level: Level
    says: str
    todo: str = ""


Findings = Iterator[Finding]


def ok(says: str) -> Finding:
    return Finding(Level.OK, says)


def warning(says: str, todo: str) -> Finding:
    return Finding(Level.WARNING, says, todo)


def wrong(says: str, todo: str) -> Finding:
    return Finding(Level.WRONG, says, todo)
