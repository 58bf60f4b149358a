"""Days and times as people say them, held against the calendar."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots import numbers_in_text
from bots.moments_in_text import read
from models.localtime import local

NOW = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)  # a Tuesday, 9:00 in Shanghai


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("明晚8点", "2026-03-04 20:00"),
        ("今晚七点半", "2026-03-03 19:30"),
        ("明天晚上8点", "2026-03-04 20:00"),
        ("后天上午9点", "2026-03-05 09:00"),
        ("大后天下午两点一刻", "2026-03-06 14:15"),
        ("周五晚上8:30", "2026-03-06 20:30"),
        ("周一早上6点", "2026-03-09 06:00"),
        ("本周二下午3点", "2026-03-03 15:00"),
        ("下周三14:00", "2026-03-11 14:00"),
        ("下下周一9点", "2026-03-16 09:00"),
        ("3月5日19:30", "2026-03-05 19:30"),
        ("三月十二号晚上十点", "2026-03-12 22:00"),
        ("1月8日9点", "2027-01-08 09:00"),
        ("20号晚8点", "2026-03-20 20:00"),
        ("2号上午9点", "2026-04-02 09:00"),
        ("2026-04-01 9:00", "2026-04-01 09:00"),
        ("明天中午12点", "2026-03-04 12:00"),
        ("明天中午1点", "2026-03-04 13:00"),
        ("明天晚上12点", "2026-03-05 00:00"),
        ("晚上8点", "2026-03-03 20:00"),
        ("8点", "2026-03-04 08:00"),
        ("凌晨5点", "2026-03-04 05:00"),
    ],
)
def test_a_moment_is_read_as_it_is_meant(said: str, moment: str) -> None:
    found = read(said, NOW).moment(NOW)
    assert found is not None
    assert f"{local(found):%Y-%m-%d %H:%M}" == moment


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("3月底", date(2026, 3, 31)),
        ("下月底", date(2026, 4, 30)),
        ("月底前", date(2026, 3, 31)),
        ("年底", date(2026, 12, 31)),
        ("3天后", date(2026, 3, 6)),
        ("两周内", date(2026, 3, 17)),
        ("一个月后", date(2026, 4, 3)),
        ("6月30日", date(2026, 6, 30)),
        ("2月30日", None),
        ("3号楼", None),
        ("尽快", None),
    ],
)
def test_a_day_without_a_time_is_a_day(said: str, day: date | None) -> None:
    found = read(said, NOW)
    assert (found.day, found.time) == (day, None)


def test_what_is_left_is_what_it_is_about() -> None:
    found = read("飞线夜查 明晚8点 幸福里小区", NOW)
    assert found.rest.split() == ["飞线夜查", "幸福里小区"]
    assert read("3号楼飞线夜查 20:00", NOW).time == time(20)
    assert read("飞线夜查", NOW).rest == "飞线夜查"


@given(st.text(alphabet="今明后周一二三十月日号点半晚上下午早0123456789:-年底内 楼查", max_size=20))
def test_nothing_that_is_said_breaks_it(said: str) -> None:
    read(said, NOW).moment(NOW)


@given(st.integers(0, 9999))
def test_a_number_is_the_same_in_both_writings(number: int) -> None:
    assert numbers_in_text.value(str(number)) == number
    assert numbers_in_text.value(in_words(number)) == number


def in_words(number: int) -> str:
    """Written as it is spoken, independent of what reads it."""
    digits = "零一二三四五六七八九"
    if number < 10:
        return digits[number]
    for size, name in ((1000, "千"), (100, "百"), (10, "十")):
        if number >= size:
            head, rest = divmod(number, size)
            gap = "零" if 0 < rest < size // 10 else ""
            return digits[head] + name + gap + (in_words(rest) if rest else "")
    raise AssertionError(number)


@pytest.mark.parametrize(
    ("said", "number"), [("两", 2), ("十", 10), ("十二", 12), ("一百零五", 105)]
)
def test_a_number_as_it_is_spoken(said: str, number: int) -> None:
    assert numbers_in_text.value(said) == number
