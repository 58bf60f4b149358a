"""Reads what was done on site and how often: "拆除飞线3处，劝离车辆5台", "3号楼收缴飞线两根"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from bots.numbers_in_text import NUMERAL, value
from bots.places_in_text import find_place
from config.policy import load

_BREAK = re.compile(r"[,，;；。!！\n、]|(?<=\D)\s+(?=\D)")
_BUILDING = re.compile(rf"第?{NUMERAL}\s*(?:号楼|号栋|栋|幢|单元|层|楼(?!道))")
_CORRECTS = re.compile(r"改成|改为|更正为?|应该是|应为|应是|不是.{1,6}是|改一下")
_MEAN = re.compile(r"[\s,，.。:：;；!！~()（）\"“”]+")


@dataclass(frozen=True, slots=True)
class Told:
    """一条口述 — one thing that was told: its kind if it is known, how many if that was said."""

    kind: str | None
    name: str
    count: int | None
    unit: str
    building: str | None
    is_settled: bool  # something was done about it, it was not only found


@dataclass(frozen=True, slots=True)
class Correction:
    """更正 — another count, for the kind or the unit that was named, else for the last one."""

    count: int
    unit: str | None
    kind: str | None


def read(text: str) -> list[Told]:
    """Everything that was done or found, in order; empty when the words tell nothing of it."""
    found: list[Told] = []
    building = None
    is_open = is_left_open(text)
    for clause in _clauses(text):
        place = find_place(clause)
        building = (place.building if place else None) or building
        told = _told(clause, building, is_open=is_open)
        if told is not None:
            found.append(told)
        elif found and not is_open and _is_done(clause, ()):
            # "飞线3处，已拆除": said of what was told before it.
            found = [replace(one, is_settled=True) for one in found]
    return found


def correction(text: str) -> Correction | None:
    """ "刚才的改成2处", "车辆应该是4台"; None when nothing is corrected."""
    found = _CORRECTS.search(text)
    if found is None:
        return None
    number = re.search(rf"(?P<count>{NUMERAL})\s*(?P<unit>{_units()})?", text[found.end() :])
    if number is None:
        return None
    kind = _kind(text[: found.start()]) or _kind(text[found.end() :])
    return Correction(value(number["count"]), number["unit"], kind)


def number_alone(text: str) -> int | None:
    """ "12", "十二处": an answer to "how many"."""
    found = re.fullmatch(rf"\s*(?P<count>{NUMERAL})\s*(?:{_units()})?[\s。.]*", text)
    return value(found["count"]) if found else None


def is_arrival(text: str) -> bool:
    """ "我们到了": who has come says so, and nothing else."""
    reading = _reading()
    is_short = len(text) <= reading["longest_arrival"]
    return is_short and any(word in text for word in reading["arrivals"])


def is_left_open(text: str) -> bool:
    """Whether it was seen, and could not be settled there."""
    return any(word in text for word in _reading()["left_open"])


def unit_of(kind: str | None) -> str:
    row = _kinds().get(kind or "")
    return str(row["unit"]) if row else str(_reading()["units"][0])


def _clauses(text: str) -> list[str]:
    """One number each: "拆除飞线3处收缴电线5根" is cut behind the first."""
    clauses: list[str] = []
    for part in _BREAK.split(text):
        ends = [one.end() for one in _counted().finditer(part)]
        starts_with_number = bool(ends) and _counted().match(_BUILDING.sub("", part).lstrip())
        if len(ends) < 2 or starts_with_number:
            clauses.append(part)
            continue
        cuts = [0, *ends[:-1], len(part)]
        clauses += [part[begin:end] for begin, end in zip(cuts, cuts[1:], strict=False)]
    return [one for one in clauses if one.strip()]


def _told(clause: str, building: str | None, *, is_open: bool) -> Told | None:
    number = _counted().search(_BUILDING.sub(lambda one: " " * len(one.group()), clause))
    kind = _kind(clause)
    acts = _kinds()[kind]["acts"] if kind is not None else ()
    its_act = any(act in clause for act in acts)
    if number is None and (not its_act or is_left_open(clause)):
        return None
    # A known thing that is counted, or something that was done; else it is told in passing.
    if kind is None and not any(act in clause for act in _reading()["acts"]):
        return None
    unit = number["unit"] if number else unit_of(kind)
    count = value(number["count"]) if number else None
    is_settled = not is_open and _is_done(clause, acts)
    return Told(kind, _name(clause, number, kind), count, unit, building, is_settled)


def _is_done(clause: str, acts: Sequence[str]) -> bool:
    """ "飞线3处" and "发现飞线3处" tell of nothing that was done; "发现并拆除飞线3处" does."""
    found = _reading()["found"]
    done = [act for act in (*_reading()["acts"], *acts) if act not in found]
    return any(act in clause for act in done)


def _kind(clause: str) -> str | None:
    """The kind whose thing is named, and whose act too where several share the thing."""
    best: tuple[int, int] = (0, 0)
    found = None
    for key, row in _kinds().items():
        thing = max((len(one) for one in row["things"] if one in clause), default=0)
        act = any(one in clause for one in row["acts"])
        if thing and (thing, act) > best:
            best, found = (thing, int(act)), key
    return found


def _name(clause: str, number: re.Match[str] | None, kind: str | None) -> str:
    """What it was called, without the number, the place, and what was done to it."""
    if kind is not None:
        return str(max((one for one in _kinds()[kind]["things"] if one in clause), key=len))
    left = clause
    if number is not None:
        left = left[: number.start()] + " " + left[number.end() :]
    left = _BUILDING.sub(" ", left)
    for word in _fillers():
        left = left.replace(word, " ")
    return _MEAN.sub("", left) or _MEAN.sub("", clause)


@cache
def _counted() -> re.Pattern[str]:
    return re.compile(rf"(?<![\d第])(?P<count>{NUMERAL})\s*(?P<unit>{_units()})(?!路)")


@cache
def _units() -> str:
    units: Sequence[str] = sorted(_reading()["units"], key=len, reverse=True)
    return "|".join(map(re.escape, units))


@cache
def _fillers() -> tuple[str, ...]:
    return tuple(sorted(_reading()["fillers"], key=len, reverse=True))


def _reading() -> dict[str, Any]:
    table: dict[str, Any] = load("operations")["reading"]
    return table


def _kinds() -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = load("operations")["kind"]
    return rows
