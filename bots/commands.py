"""Tells a command from a report: the words of config/commands.toml, with what may surround them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from config.policy import load

# Bounded: what may repeat without end could be made to take without end.
_POLITE = (
    "(?:你好|您好|我要|我想|我来|我|想|要|请问|请|帮我|帮忙|帮|麻烦你|麻烦您|麻烦|能不能|可以"
    "|查看一下|查一下|看一下|查看|查询|查|看看|看|点|再|给我|一下|[,，。、!！\\s]){0,6}"
)
_FILLER = "(?:一下|下|吧|了|呢|啊|呀|哦|嘛|谢谢|谢谢您|谢谢你|工单|单子|这个|那个){0,3}"
_NUMBER = (
    r"(?:第|工单|编号|[#№＃])*\s*(?P<{name}>\d{{1,9}}+)(?!号?[楼栋幢]|单元|室|层|-)\s*"
    r"(?:号工单|号单|号|单)?"
)
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
    r"[\s(（【\[]*(\d{1,2}|[①-⑨]|[零一二三四五六七八九])"
    r"(?P<apart>[\s)）】\].、。,，!！]*)(?P<rest>.*)",
    re.DOTALL,
)
_NOT_AN_ANSWER = re.compile(r"[号楼栋幢单元室层#\d年月日天点元个块次米楼家户期区]")
# "3处飞线已拆" counts; "1处理好了", "2条件不够" answer.
_COUNTED = re.compile(r"处(?!理)|条(?!件)|根(?!据|本)|[辆台堆袋桶]")
_CIRCLED = {chr(ord("①") + index): index + 1 for index in range(9)}
_CHINESE = {character: index for index, character in enumerate("零一二三四五六七八九")}
LONGEST_REMARK = 8
LONGEST_REASON = 40  # after a gap: "2 这条路归市政管"


def digit(text: str) -> int | None:
    """The number a text answers with: "1", "１。", "① 好的", "二". Never out of "12号楼"."""
    found = _answering(text)
    if found is None:
        return None
    said = found[1]
    return _CIRCLED.get(said) or (_CHINESE[said] if said in _CHINESE else int(said))


def remark(text: str) -> str:
    """What was said beside the digit: "2 属于市政道路" gives the reason at once."""
    found = _answering(text)
    return found["rest"].strip() if found else ""


def _answering(text: str) -> re.Match[str] | None:
    found = _DIGIT.fullmatch(text.strip())
    if found is None:
        return None
    rest = found["rest"].strip()
    longest = LONGEST_REASON if found["apart"] else LONGEST_REMARK
    if len(rest) > longest or (rest and _NOT_AN_ANSWER.match(rest)):
        return None
    if not found["apart"] and _COUNTED.match(rest):
        return None
    if found[1] in _CHINESE and rest:
        return None  # "一楼漏水", "三更半夜" begin with a number and answer nothing
    return found
