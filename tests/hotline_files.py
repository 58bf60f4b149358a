"""Files of hotline orders as a city sends them: seeded, invented, three rows in a hundred bad."""

import random
from collections.abc import Sequence

HEADINGS = (
    *("工单编号", "来电时间", "来电人", "联系电话", "诉求标题", "诉求内容", "所属小区"),
    *("事发地址", "紧急程度", "办理时限", "转派单位"),
)
MATTERS = (
    ("电梯故障", "{place}的电梯一直有异响，{more}"),
    ("路灯不亮", "{place}的路灯坏了{days}天，晚上看不见路，{more}"),
    ("垃圾清运", "{place}垃圾桶满了{days}天没人清，味道很大，{more}"),
    ("飞线充电", "{place}有人从楼上拉线给电动车充电，{more}"),
    ("楼顶漏水", "{place}顶楼下雨就漏水，墙面发霉，{more}"),
    ("停车占道", "{place}消防通道总停满车，{more}"),
    ("噪音扰民", "{place}楼上夜里{days}点多还在装修，{more}"),
    ("树木修剪", "{place}的树枝挡住窗户{days}年了，{more}"),
)
MORE = (
    "希望尽快处理。",
    "打过物业电话没人管。",
    "老人小孩出行很不方便。",
    "=SUM 也没人来看\n请回复。",
)
ESTATES = ("幸福里小区", "幸福里小区", "和平家园", "东山小区", "")
BAD = 0.03


def orders(
    number: int, seed: int = 1, estates: Sequence[str] = ESTATES
) -> tuple[list[list[str]], int]:
    """The rows, and how many of them are bad."""
    chance = random.Random(seed)
    rows = [_row(chance, count, estates) for count in range(number)]
    bad = chance.sample(range(number), round(number * BAD))
    for count, which in enumerate(bad):
        _SPOILERS[count % len(_SPOILERS)](rows[which])
    return rows, len(bad)


def grid(rows: Sequence[Sequence[str]]) -> list[tuple[int, Sequence[str]]]:
    return [(1, HEADINGS), *enumerate(rows, start=2)]


def _row(chance: random.Random, count: int, estates: Sequence[str]) -> list[str]:
    title, words = chance.choice(MATTERS)
    building = chance.randrange(1, 7)
    place = f"{building}号楼{chance.randrange(1, 5)}单元"
    said = words.format(place=place, days=chance.randrange(2, 12), more=chance.choice(MORE))
    phone = f"1{chance.choice('35789')}{chance.randrange(10**9):09}" if count % 5 else ""
    day, hour = chance.randrange(1, 3), chance.randrange(24)
    return [
        f"202603{day:02}{count:06}",
        f"2026-03-{day:02} {hour:02}:{chance.randrange(60):02}:00",
        "居民" if phone else "",
        phone,
        title,
        said,
        chance.choice(estates),
        f"{building}号楼",
        chance.choice(("一般", "紧急", "")),
        chance.choice(("2026-03-06", "2026-03-09 18:00", "")),
        "幸福街道",
    ]


def _without(column: int) -> object:
    def spoil(row: list[str]) -> None:
        row[column] = ""

    return spoil


def _with(column: int, text: str) -> object:
    def spoil(row: list[str]) -> None:
        row[column] = text

    return spoil


_SPOILERS = (
    _without(0),
    _without(5),
    _with(0, "2.02603E+15"),
    _with(1, "昨天下午"),
    _with(3, "不详"),
    _with(8, "十万火急"),
    _with(9, "2025-01-01"),
)
