"""What is said of a leave: its days, who stands in, and whose it is."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bots import moments_in_text
from bots.numbers_in_text import NUMERAL, value
from models.localtime import SHANGHAI

_LENGTH = re.compile(
    rf"(?P<days>{NUMERAL})\s*天(?![后前])(?:假|时间)?"
    rf"|(?P<weeks>{NUMERAL})\s*个?(?:周|星期|礼拜)(?![一二三四五六日天后])"
)
_SUBSTITUTE = re.compile(
    r"(?:由|让|请)?(?P<who>[^\s,，。;；由让请]{1,30}?)(?:来)?(?:代岗|代班|替班|顶班|顶岗|代|替|顶)(?:我|他|她|一下|着)?"
    r"(?=$|[\s,，。;；!！])"
)
_AROUND = re.compile(r"[\s,，。;；、!！~\-—]+|到|至|请假|休假|从|起|要|我")
_NOON = 12
_MOST_DAYS = 3  # "11月25日（周三）到27日（周五）" names four


@dataclass(frozen=True, slots=True)
class LeaveSaid:
    """请假的话 — the days as far as they were said, who stands in, and the words left: whose."""

    first: date | None
    last: date | None
    substitute: str
    who: str


def read(text: str, now: datetime) -> LeaveSaid:
    """`text` is normalised. One day alone is the whole leave; of two the second ends it."""
    first, last, rest = _days(text, now)
    substitute = _SUBSTITUTE.search(rest)
    if substitute is not None:
        rest = f"{rest[: substitute.start()]} {rest[substitute.end() :]}"
    said = substitute["who"] if substitute else ""
    return LeaveSaid(first, last, _AROUND.sub("", said), _AROUND.sub("", rest))


def _days(text: str, now: datetime) -> tuple[date | None, date | None, str]:
    length, left = _length(text)
    begun = moments_in_text.read(left, now)
    first = begun.day
    if first is None:
        today = now.astimezone(SHANGHAI).date()
        return (today, today + length, left) if length is not None else (None, None, text)
    if length is not None:
        return first, first + length, begun.rest
    last, rest = first, begun.rest
    for _ in range(_MOST_DAYS):
        noon = datetime(last.year, last.month, last.day, _NOON, tzinfo=SHANGHAI)
        ended = moments_in_text.read(rest, noon)
        if ended.day is None:
            break
        last, rest = max(last, ended.day), ended.rest
    return first, last, rest


def _length(text: str) -> tuple[timedelta | None, str]:
    """ "3天", "一周": how much longer than its first day."""
    found = _LENGTH.search(text)
    if found is None:
        return None, text
    days = value(found["days"]) if found["days"] else 7 * value(found["weeks"])
    if not days:
        return None, text
    return timedelta(days=days - 1), f"{text[: found.start()]} {text[found.end() :]}"
