"""Chinese text in lines: broken between any two characters, but not before a full stop."""

import re
from collections.abc import Callable, Iterator

# What must not begin a line, and what must not end one.
NO_BEGINNING = frozenset("，。、；：？！）》】〕」』”’…—～·%℃°％,.;:?!)]}")
NO_ENDING = frozenset("（《【〔「『“‘([{")
_PIECE = re.compile(r"[!-~]+|\s|.", re.DOTALL)  # a word or number of ASCII stays in one piece

Measure = Callable[[str], float]


def lines(text: str, width: float, measure: Measure) -> Iterator[str]:
    """Every line of a text, none wider than `width`; an empty line of the text stays one."""
    for paragraph in text.splitlines():
        yield from _broken(paragraph.rstrip(), width, measure)


def _broken(paragraph: str, width: float, measure: Measure) -> Iterator[str]:
    line = ""
    for piece in _pieces(paragraph, width, measure):
        if not line or measure(line + piece) <= width:
            line += piece
            continue
        stays, goes = _cut(line, piece)
        yield stays.rstrip()
        if goes and measure(goes + piece) > width:
            yield goes.rstrip()
            goes = ""
        line = (goes + piece).lstrip(" ")
    yield line


def _pieces(paragraph: str, width: float, measure: Measure) -> Iterator[str]:
    for piece in _PIECE.findall(paragraph):
        # A word that no line can hold is cut like anything else.
        yield from piece if measure(piece) > width else (piece,)


def _cut(line: str, piece: str) -> tuple[str, str]:
    """What of a full line goes down with the next piece, so that neither line looks wrong."""
    end = len(line)
    while end > 1 and (
        (line + piece)[end] in NO_BEGINNING or line[end - 1] in NO_ENDING or _in_word(line, end)
    ):
        end -= 1
    return (line, "") if end <= 1 else (line[:end], line[end:])


def _in_word(line: str, end: int) -> bool:
    return (
        end < len(line) and line[end - 1 : end + 1].isascii() and " " not in line[end - 1 : end + 1]
    )
