"""Reads a plan from one line: "飞线夜查 明晚8点 幸福里小区 消防 城管 网格员"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from bots import moments_in_text, whistle_words
from bots.moments_in_text import When
from bots.places_in_text import find_place
from config.policy import load
from models.posts import Role

_GAP = r"[\s,，、。;；:：]"
_ENDS = " ,，、。;；:：."
_BUILDING = re.compile(r"第?[\d一二三四五六七八九十百]{1,4}\s*(?:号楼|号栋|栋|幢)")


Teams = tuple[tuple[Role, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Named:
    """整治安排 — what of a plan was said: what, when, where, who."""

    title: str
    when: When
    area_id: int | None
    building: str | None
    roles: tuple[Role, ...]
    departments: tuple[str, ...]


def read(text: str, areas: Mapping[str, int], now: datetime) -> Named:
    """`areas` are the names (and nicknames) of places this person serves; `text` is normalised."""
    name = max((one for one in areas if one in text), key=len, default=None)
    building = None
    rest = text
    if name is not None:
        at = text.index(name)
        behind = _BUILDING.match(text, at + len(name))
        place = find_place(behind.group()) if behind else None
        building = place.building if place else None
        end = behind.end() if behind else at + len(name)
        rest = f"{text[:at]} {text[end:]}"
    when = moments_in_text.read(rest, now)
    roles, departments, left = read_teams(when.rest)
    return Named(
        title=_title(left),
        when=when,
        area_id=areas[name] if name is not None else None,
        building=building,
        roles=roles,
        departments=departments,
    )


def read_teams(text: str) -> tuple[tuple[Role, ...], tuple[str, ...], str]:
    """Roles and departments that stand as words of their own, and what is left."""
    roles: dict[Role, None] = {}
    departments: dict[str, None] = {}
    left = []
    for part in re.split(rf"{_GAP}+", text):
        meant = _all_teams(part)
        if not meant:
            left.append(part)
        for one in meant:
            if isinstance(one, Role):
                roles[one] = None
            else:
                departments[one] = None
    return tuple(roles), tuple(departments), " ".join(left)


def more_teams(text: str) -> Teams | None:
    """ "加 消防", "再叫上供电": further teams, and nothing else."""
    found = _more().match(text)
    if found is None:
        return None
    roles, departments, left = read_teams(text[found.end() :])
    return (roles, departments) if (roles or departments) and not left.strip(_ENDS) else None


def _all_teams(part: str) -> list[Role | str]:
    """ "消防和城管", "网格员楼长": nothing but names of teams; else none at all."""
    found: list[Role | str] = []
    position = 0
    pattern = _team()
    while position < len(part):
        named = pattern.match(part, position)
        if named is None:
            return []
        word = named["word"]
        found += [_words()[word]] if word in _words() else []
        position = named.end()
    return found


def _title(text: str) -> str:
    """What it is about: without what only joins the words of a plan."""
    words = [word for word in text.split() if word not in load("operations")["plan"]["fillers"]]
    longest: int = load("operations")["plan"]["longest_title"]
    return " ".join(words).strip(_ENDS)[:longest]


@cache
def _more() -> re.Pattern[str]:
    words = sorted(load("operations")["plan"]["more"], key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, words))}){_GAP}*")


@cache
def _team() -> re.Pattern[str]:
    fillers = load("operations")["plan"]["fillers"]
    words = sorted([*_words(), *fillers], key=len, reverse=True)
    end = "(?:部门|大队|支队|局|队|们)?"
    return re.compile(rf"(?P<word>{'|'.join(map(re.escape, words))}){end}")


@cache
def _words() -> Mapping[str, Any]:
    roles = {
        word: Role(role) for role, words in load("operations")["team"].items() for word in words
    }
    return dict(whistle_words.department_words()) | roles
