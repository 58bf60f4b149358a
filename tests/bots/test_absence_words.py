"""Days and names as people write them when they ask for leave."""

from datetime import date

import pytest

from bots.absence_words import LeaveSaid, read
from tests.factories import MORNING  # a Tuesday, 3 March 2026


def day(month: int, number: int) -> date:
    return date(2026, month, number)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("11月25日到27日", day(11, 25), day(11, 27)),
        ("11月25日-11月27日", day(11, 25), day(11, 27)),
        ("11月29日到12月2日", day(11, 29), day(12, 2)),
        ("11月25日（周三）到27日（周五）", day(11, 25), day(11, 27)),
        ("2026-11-25到2026-11-27", day(11, 25), day(11, 27)),
        ("明天", day(3, 4), day(3, 4)),
        ("明天到周五", day(3, 4), day(3, 6)),
        ("3天", day(3, 3), day(3, 5)),
        ("从下周一起三天", day(3, 9), day(3, 11)),
        ("明天起一周", day(3, 4), day(3, 10)),
        ("下周一到周三", day(3, 9), day(3, 11)),
        ("28号到3月31号", day(3, 28), day(3, 31)),
    ],
)
def test_the_days_of_a_leave(text: str, first: date, last: date) -> None:
    said = read(text, MORNING)
    assert (said.first, said.last) == (first, last)


@pytest.mark.parametrize("text", ["", "家里有事", "3号楼楼长", "2单元漏水"])
def test_without_days_none_are_guessed(text: str) -> None:
    assert read(text, MORNING).first is None


@pytest.mark.parametrize(
    ("text", "substitute", "who"),
    [
        ("明天 3号楼楼长代", "3号楼楼长", ""),
        ("11月25日到27日,由1号楼楼长代岗", "1号楼楼长", ""),
        ("3天,请居民b替我", "居民b", ""),
        ("3号楼楼长 明天到周五", "", "3号楼楼长"),
        ("3号楼楼长 明天到周五 1号楼楼长代", "1号楼楼长", "3号楼楼长"),
    ],
)
def test_who_stands_in_and_whose_leave_it_is(text: str, substitute: str, who: str) -> None:
    said = read(text, MORNING)
    assert (said.substitute, said.who) == (substitute, who)
    assert isinstance(said, LeaveSaid)
