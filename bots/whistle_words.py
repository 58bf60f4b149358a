"""Reads whom a whistle calls and how urgently: "紧急 消防 城管 楼道又拉了飞线"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from config.policy import load
from models.whistles.flow import WhistleKind

_GAP = r"[\s,，、。;；:：]"
_DIGITS = re.compile(r"\d(?:[\s,，、.。和]*\d)*")


@dataclass(frozen=True, slots=True)
class Named:
    """点名 — departments in the order they were named, the kind if one was, and what is left."""

    departments: tuple[str, ...]
    kind: WhistleKind | None
    words: str


def read(text: str) -> Named:
    """What stands before the first word that is neither a department nor a kind is the call."""
    departments: dict[str, None] = {}
    kind: WhistleKind | None = None
    position = 0
    while found := _pattern().match(text, position):
        meant = _meanings()[found["word"]]
        if isinstance(meant, WhistleKind):
            kind = meant
        else:
            departments[meant] = None
        position = found.end()
    return Named(tuple(departments), kind, text[position:].strip(" ,，、。;；:："))


def digits(text: str) -> list[int] | None:
    """ "1 3", "1、3", "13": each digit of a list of less than ten; None: other words."""
    if _DIGITS.fullmatch(text.strip()) is None:
        return None
    return list(dict.fromkeys(int(one) for one in re.findall(r"\d", text)))


@cache
def _pattern() -> re.Pattern[str]:
    word = "|".join(map(re.escape, sorted(_meanings(), key=len, reverse=True)))
    # A department's name ends there: "消防通道堵了" calls nobody.
    end = rf"(?:部门|大队|支队|局|队)?(?={_GAP}|$|和|跟|{word})"
    return re.compile(rf"{_GAP}*(?:请|叫|让|找|和|跟)?(?P<word>{word}){end}")


@cache
def _meanings() -> Mapping[str, str | WhistleKind]:
    kinds = {
        word: WhistleKind(kind)
        for kind, row in load("whistles")["kind"].items()
        for word in row["words"]
    }
    return {**department_words(), **kinds}


def department_words() -> Mapping[str, str]:
    """What people call a department → the department."""
    rows = load("whistles")["department"]
    return {word: department for department, words in rows.items() for word in words}
