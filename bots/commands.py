"""Tells a command from a report: the words of config/commands.toml, with what may surround them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from config.policy import load

_POLITE = "(?:我要|我想|我来|请帮我|请|帮我|麻烦|查看|查询|查|看看|看一下|看|点)?"
_FILLER = "(?:一下|下|吧|了|呢|啊|呀|哦|谢谢|工单|单子)?"
_NUMBER = r"(?:第|工单|编号|[#№＃])*\s*(?P<{name}>\d{{1,9}})\s*(?:号工单|号单|号(?![楼栋幢])|单)?"
_GAP = r"[\s,，:：、。.!！?？;；~]*"


@dataclass(frozen=True, slots=True)
class Command:
    """命令 — what was commanded, on which ticket, with which further words."""

    key: str
    number: int | None = None
    text: str = ""


def read(text: str, *, is_staff: bool) -> Command | None:
    """The command a text is, or None when it says something else. `text` is normalised."""
    found = _pattern(is_staff).fullmatch(text.strip())
    if found is None:
        return None
    key = _keys(is_staff)[found["word"]]
    number = found["before"] or found["after"]
    rest = (found["rest"] or "").strip()
    takes = load("commands")[key]["takes"]
    if rest and (takes != "text" or not (number or found["gap"])):
        return None  # "楼长不管事" speaks of the building head, it does not ask for them
    if number and takes == "nothing":
        return None
    return Command(key, int(number) if number else None, rest)


def offered(*, is_staff: bool) -> Mapping[str, Mapping[str, str]]:
    """The commands this person may use, in the order of the file."""
    return {
        key: row for key, row in load("commands").items() if is_staff or row["for"] == "everyone"
    }


@cache
def _keys(is_staff: bool) -> Mapping[str, str]:
    return {word: key for key, row in offered(is_staff=is_staff).items() for word in row["words"]}


@cache
def _pattern(is_staff: bool) -> re.Pattern[str]:
    words = sorted(_keys(is_staff), key=len, reverse=True)
    word = "|".join(map(re.escape, words))
    return re.compile(
        rf"(?:{_NUMBER.format(name='before')}{_GAP})?{_POLITE}(?P<word>{word}){_FILLER}"
        rf"(?P<gap>{_GAP})(?:{_NUMBER.format(name='after')})?{_GAP}(?P<rest>.*)",
        re.DOTALL,
    )


_DIGIT = re.compile(
    r"[\s(（【\[]*(\d{1,2}|[①-⑨]|[零一二三四五六七八九])[\s)）】\].、。,，!！]*(?P<rest>.*)",
    re.DOTALL,
)
_NOT_AN_ANSWER = re.compile(r"[号楼栋幢单元室层#\d年月日天点元个块次米楼家户期区]")
_CIRCLED = {chr(ord("①") + index): index + 1 for index in range(9)}
_CHINESE = {character: index for index, character in enumerate("零一二三四五六七八九")}
LONGEST_REMARK = 8


def digit(text: str) -> int | None:
    """The number a text answers with: "1", "１。", "① 好的", "二". Never out of "12号楼"."""
    found = _DIGIT.fullmatch(text.strip())
    if found is None:
        return None
    rest = found["rest"].strip()
    if len(rest) > LONGEST_REMARK or (rest and _NOT_AN_ANSWER.search(rest)):
        return None
    said = found[1]
    if said in _CHINESE and rest:
        return None  # "一楼漏水", "三更半夜" begin with a number and answer nothing
    return _CIRCLED.get(said) or (_CHINESE[said] if said in _CHINESE else int(said))
