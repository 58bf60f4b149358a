"""Reads when something is to be: "明晚8点", "周五下午两点半", "3月5日", "下月底"."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bots.numbers_in_text import NUMERAL, value
from models.localtime import SHANGHAI, local

_NEAR = {"今": 0, "当": 0, "明": 1, "后": 2, "大后": 3}
_WEEKDAYS = {character: place for place, character in enumerate("一二三四五六")} | {
    "日": 6,
    "天": 6,
}
_LATE = ("下午", "傍晚", "晚", "夜")
_NOON = "中午"
_PART = "凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|夜间|早|晚"
_DAY = re.compile(
    r"(?P<iso>(?P<y>20\d\d)[-/.年](?P<ym>\d{1,2})[-/.月](?P<yd>\d{1,2})[日号]?)"
    rf"|(?P<month>{NUMERAL})月(?P<day>{NUMERAL})[日号]"
    r"|(?P<near>大后|[今当明后])(?:天|日|(?=[早晚]))"
    r"|(?P<week>下下|下|本|这)?个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])"
    rf"|(?P<ahead>{NUMERAL})个?(?P<unit>天|周|星期|礼拜|月)(?:之?后|以后|内)"
    r"|(?P<end>下个?月|本月|这个月|月|年)(?:底|末)"
    r"|(?P<alone>\d{1,2})(?:日|号)(?![楼栋幢院])"
)
_CLOCK = re.compile(
    rf"(?P<part>{_PART})?\s*(?:"
    rf"(?P<hour>{NUMERAL})\s*[点时](?:钟|整)?"
    rf"(?:(?P<half>半)|(?P<quarter>[一三])刻|(?P<minute>{NUMERAL})分?(?![处个根条辆台件起户家]))?"
    r"|(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d))"
)


@dataclass(frozen=True, slots=True)
class When:
    """时间 — a day and a time of day, as far as they were said, and the words left without them."""

    day: date | None
    time: time | None
    rest: str

    def moment(self, now: datetime) -> datetime | None:
        """The moment that is meant; a time alone is the next one to come."""
        if self.time is None:
            return None
        today = local(now).date()
        found = datetime.combine(self.day or today, self.time, SHANGHAI)
        return found + timedelta(days=1) if self.day is None and found <= now else found


def read(text: str, now: datetime) -> When:
    """What was said of a time; `text` is normalised."""
    today = local(now).date()
    day, rest = None, text
    found = _DAY.search(text)
    if found is not None:
        day = _day(found, today)
    if found is not None and day is not None:
        rest = f"{text[: found.start()]} {text[found.end() :]}"
    clock = _CLOCK.search(rest if found is None else text[found.end() :]) or _CLOCK.search(rest)
    at = _time(clock) if clock is not None else None
    if clock is None or at is None:
        return When(day, None, rest)
    if at == time() and clock["part"] is not None and day is not None:
        day += timedelta(days=1)  # 晚上12点 is the midnight after
    return When(day, at, rest.replace(clock.group(), " ", 1))


def _day(found: re.Match[str], today: date) -> date | None:
    try:
        return _named_day(found, today)
    except ValueError:  # 2月30日
        return None


def _named_day(found: re.Match[str], today: date) -> date | None:
    if found["iso"]:
        return date(int(found["y"]), int(found["ym"]), int(found["yd"]))
    if found["month"]:
        return _coming(today, value(found["month"]), value(found["day"]))
    if found["near"]:
        return today + timedelta(days=_NEAR[found["near"]])
    if found["weekday"]:
        return _weekday(today, found["week"], _WEEKDAYS[found["weekday"]])
    if found["ahead"]:
        return _ahead(today, value(found["ahead"]), found["unit"])
    if found["end"]:
        return _end(today, found["end"])
    day = int(found["alone"])
    first = today if day >= today.day else _months_on(today.replace(day=1), 1)
    return first.replace(day=day)


def _coming(today: date, month: int, day: int) -> date:
    """This year's, unless it lies more than a month back."""
    found = date(today.year, month, day)
    return found if found >= today - timedelta(days=31) else date(today.year + 1, month, day)


def _weekday(today: date, week: str | None, weekday: int) -> date:
    monday = today - timedelta(days=today.weekday())
    weeks = {"下": 1, "下下": 2}.get(week or "", 0)
    found = monday + timedelta(weeks=weeks, days=weekday)
    return found + timedelta(weeks=1) if week is None and found < today else found


def _ahead(today: date, amount: int, unit: str) -> date:
    if unit == "天":
        return today + timedelta(days=amount)
    return _months_on(today, amount) if unit == "月" else today + timedelta(weeks=amount)


def _end(today: date, which: str) -> date:
    if which == "年":
        return date(today.year, 12, 31)
    first = _months_on(today.replace(day=1), 1 if which.startswith("下") else 0)
    return first.replace(day=monthrange(first.year, first.month)[1])


def _months_on(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    last = monthrange(day.year + years, month + 1)[1]
    return date(day.year + years, month + 1, min(day.day, last))


def _time(found: re.Match[str]) -> time | None:
    if found["h"]:
        hour, minute = int(found["h"]), int(found["m"])
    else:
        hour = value(found["hour"])
        minute = _minute(found)
    part = found["part"] or ""
    if hour < 12 and (part.startswith(_LATE) or (part == _NOON and hour < 11)):
        hour += 12
    elif hour == 12 and part.startswith(("晚", "夜")):
        hour = 0
    return time(hour % 24, minute) if hour <= 24 and minute < 60 else None


def _minute(found: re.Match[str]) -> int:
    if found["half"]:
        return 30
    if found["quarter"]:
        return 15 * value(found["quarter"])
    return value(found["minute"]) if found["minute"] else 0
