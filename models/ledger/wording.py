"""What an errcode or a note of the sender means to staff, and of which kind a message is."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from config.policy import load
from models.outbox import Delivery, OutboxMessage

_TROUBLED = (Delivery.QUEUED, Delivery.IN_DOUBT, Delivery.FAILED, Delivery.HELD)


@dataclass(frozen=True, slots=True)
class Words:
    """错误说明 — what went wrong, what to do, and whether sending again can help."""

    means: str
    todo: str
    again: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """消息种类 — which templates, for whom."""

    label: str
    to: str
    templates: Sequence[str]

    @property
    def prefixes(self) -> list[str]:
        return [one[:-1] for one in self.templates if one.endswith("*")]

    @property
    def names(self) -> list[str]:
        return [one for one in self.templates if not one.endswith("*")]


@cache
def kinds() -> tuple[Kind, ...]:
    rows = load("ledger")["kinds"].values()
    return tuple(Kind(row["label"], row["to"], row["templates"]) for row in rows)


def kind_of(template: str) -> Kind | None:
    for one in kinds():
        if any(fnmatchcase(template, pattern) for pattern in one.templates):
            return one
    return None


@cache
def errcodes() -> dict[int, Words]:
    return {
        code: Words(row["means"], row["todo"], row["again"])
        for row in load("errcodes")["words"]
        for code in row["codes"]
    }


def words_of(errcode: int) -> Words:
    unknown = load("errcodes")["unknown"]
    return errcodes().get(errcode) or Words(**unknown)


def code_of(message: OutboxMessage) -> int | None:
    """A held message keeps the code at the beginning of its note."""
    if message.errcode:
        return message.errcode
    first = (message.reason or "").partition(" ")[0].removeprefix("-")
    if first.isascii() and first.isdigit():
        return int((message.reason or "").partition(" ")[0])
    return None


def trouble_of(message: OutboxMessage) -> Words | None:
    """Why it stands where it stands; nothing to say of what has left."""
    if message.state not in _TROUBLED:
        return None
    code = code_of(message)
    if code is not None:
        return words_of(code)
    for row in load("errcodes")["reasons"]:
        if (message.reason or "").startswith(row["starts"]):
            return Words(row["means"], row["todo"], again=True)
    return None


def robot_words(state: Delivery, errcode: int | None) -> Words:
    """The platform of group robots has codes of its own."""
    words = load("errcodes")["robots"]
    if errcode in load("reports")["group_robot"]["wrong_key"]:
        row = words["wrong_key"]
    elif errcode in load("reports")["group_robot"]["busy"]:
        row = words["busy"]
    elif errcode:
        row = words["refused"]
    else:
        row = words[state]
    return Words(**row)
