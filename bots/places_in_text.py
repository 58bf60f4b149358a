"""Finds places in what people say: estate, building, unit, floor, room, spot."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
}

NUMERAL = r"(?:\d{1,3}|[一二三四五六七八九十百零〇]{1,4})"

_NAMED = rf"第?(?:{NUMERAL}|[a-z]\d{{0,2}})\s*"
ADDRESS = re.compile(
    r"(?=[第\d一二三四五六七八九十百零〇a-z负地\-])(?:"
    r"(?P<dashed>(?<![\d\-.:a-z])(?P<d1>[1-9]\d{0,2})(?:-(?P<d2>\d{1,2}))?-(?P<d3>\d{3,4})"
    r"(?![\d\-.:]|年|月|元|米|块|平|人|个|万|天|度|分|号线))"
    # "有3栋楼" counts buildings, "是3号楼" names one.
    rf"|(?<![\d.一二三四五六七八九十百a-z这那每整另同哪某])(?:(?<![有是])|(?={_NAMED}[号#]|[a-z]))"
    rf"第?(?P<building>{NUMERAL}|[a-z]\d{{0,2}})"
    r"\s*(?:号楼|号栋|号幢|栋|幢|座|#楼?|号院|号住宅楼)"
    rf"|(?<![\d.一二三四五六七八九十百])(?P<unit>{NUMERAL}|[a-z])\s*单元"
    r"|(?:负|地下)(?P<below>[1-9一二三四五])(?:层|楼)"
    r"|(?<![a-z\d])[b\-](?P<basement>[1-9])(?:层|楼|f)?(?![\d\-a-z栋幢座号单#])"
    rf"|(?<![\d.一二三四五六七八九十百])(?P<floor>{NUMERAL})\s*(?:楼|层|f)(?![盘市长梯道宇房栋灰土油厚薄纱皮泥漆膜水冰])"
    r"|(?<!\d)(?P<room>\d{3,4})\s*(?:室|房|号房|户|住户)(?!型)"
    r"|(?<![\d.])(?P<bare>\d{3,4})(?![\d.\-]|年|元|米|块|平|人|个|万|天|度|分))"
)

BESIDE = (
    "(?:旁边|附近|门口|里面|外面|后面|前面|对面|下面|上面|口|旁|里|内|外|边上|东侧|西侧|南侧|北侧"
    "|[东南西北]边|处|那边|那里|那儿|尽头|拐角|转角)?"
)

WITH_NEIGHBOURHOOD = BESIDE.rstrip("?")

SPOT = re.compile(
    "(?=[东南西北正侧后前小大单地车库停楼过走门电架天露中游儿健篮凉草绿消人物岗保水配河垃快菜驿花广围])"
    "(?:(?<!以)[东南西北正侧后前]{1,2}门|小区大门|小区门|大门|侧门|单元门|地下车库|地下停车场|地下停车库"
    "|地下室|地库|车库|停车场|车棚|楼道|楼梯间|楼梯|过道|走廊|门厅|电梯间|电梯厅|电梯口|电梯里"
    "|电梯井|架空层|天台|楼顶|露台|中心花园|中心广场|游乐场|儿童乐园|健身区|健身广场|篮球场|凉亭"
    "|草坪|绿化带|消防通道|人行道|物业办公室|物业中心|门卫室|岗亭|保安亭|水泵房|配电房|单元楼下"
    f"|(?<=[在到栋幢])楼下|(?<=号楼)楼下|河边){BESIDE}"
    "|(?:垃圾[站房桶亭]|快递柜|菜鸟驿站|驿站|菜市场|花园|广场(?!舞)|围墙)" + WITH_NEIGHBOURHOOD
)


@dataclass(frozen=True)
class PlaceMention:
    """地点 — where a matter is, as far as it was said."""

    estate: str | None = None
    building: str | None = None
    unit: str | None = None
    floor: str | None = None
    room: str | None = None
    spot: str | None = None
    text: str = ""


def find_place(text: str, estates: Iterable[tuple[int, int, str]] = ()) -> PlaceMention | None:
    """The place in a normalised text; `estates` are names found in it: start, end, canonical."""
    parts: dict[str, str] = {}
    said: list[tuple[int, int]] = []
    for start, end, name in estates:
        parts["estate"] = name
        said.append((start, end))
        break
    _read_address(text, parts, said)
    for spot in SPOT.finditer(text):
        if not _inside(spot.span(), said):
            parts["spot"] = spot.group()
            said.append(spot.span())
            break
    if not parts:
        return None
    return PlaceMention(**parts, text=_as_said(text, said))


def _inside(span: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in others)


def _read_address(text: str, parts: dict[str, str], said: list[tuple[int, int]]) -> None:
    previous = -1
    for match in ADDRESS.finditer(text):
        kind = match.lastgroup or ""
        if kind == "bare" and text[previous : match.start()].strip(" -") != "":
            continue
        if kind == "bare" and previous < 0:
            continue
        found = _components(kind, match)
        if kind in ("d3", "dashed") and "building" in parts and "unit" not in found:
            found["unit"] = found.pop("building")
        new = {name: value for name, value in found.items() if name not in parts}
        if new:
            parts.update(new)
            said.append(match.span())
        previous = match.end()


def _components(kind: str, match: re.Match[str]) -> dict[str, str]:
    if kind in ("d3", "dashed"):
        found = {"building": match["d1"], "unit": match["d2"], "room": match["d3"]}
        return {name: _number(value) for name, value in found.items() if value}
    if kind in ("below", "basement"):
        return {"floor": f"B{_number(match[kind])}"}
    return {"room" if kind == "bare" else kind: _number(match[kind])}


def _number(said: str) -> str:
    """三 → 3, 十二 → 12, 二十一 → 21, 一百零三 → 103; digits and letters stay as they are."""
    if said[0] not in "零一二三四五六七八九十百〇两":
        return said.upper().lstrip("0") or "0"
    if not set(said) & {"十", "百"}:
        return "".join(str(DIGITS[character]) for character in said).lstrip("0") or "0"
    total = pending = 0
    for character in said:
        if character in "十百":
            total += (pending or 1) * (10 if character == "十" else 100)
            pending = 0
        else:
            pending = DIGITS[character]
    return str(total + pending)


def _as_said(text: str, spans: list[tuple[int, int]]) -> str:
    """The words themselves: neighbours joined as they stand, others with a space between."""
    spans.sort()
    joined = [spans[0]]
    for start, end in spans[1:]:
        if start - joined[-1][1] <= 2:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return " ".join(text[start:end].strip() for start, end in joined)
