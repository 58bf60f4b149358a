"""Reads numbers as people write them: 3, 十二, 两, 一百零五."""

import re

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "俩": 2,
}
_TENS = {"十": 10, "百": 100, "千": 1000}
NUMERAL = r"(?:\d{1,5}|[零〇一二三四五六七八九十百千两俩]{1,7})"
_PLAIN = re.compile(r"\d+")


def value(said: str) -> int:
    """The number a NUMERAL stands for."""
    if _PLAIN.fullmatch(said):
        return int(said)
    if not set(said) & _TENS.keys():
        return int("".join(str(_DIGITS[character]) for character in said))
    total = pending = 0
    for character in said:
        if character in _TENS:
            total += (pending or 1) * _TENS[character]
            pending = 0
        else:
            pending = _DIGITS[character]
    return total + pending
