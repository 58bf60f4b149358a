"""The A4 page of a notice for the notice board: large letters, its period, a code to its page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.paper.sheet import HEIGHT, INNER, MARGIN, POINT, SOFT, WIDTH, Sheet
from bots import rendering
from config.settings import public_link
from models.localtime import local
from models.masking import masked
from models.notices.table import Channel, Notice, kinds
from models.notices.telling import facts

TITLE = 30.0
# Points; the largest with which the text fits on one page.
SIZES = (26.0, 23.0, 20.0, 18.0, 16.0, 14.0)
LEADING = 1.55
SMALL = 12.0
CODE = 36.0  # millimetres
FOOT = HEIGHT - MARGIN - CODE - 4


@dataclass(frozen=True, slots=True)
class Poster:
    """张贴页 — what stands on it."""

    title: str
    body: str
    facts: dict[str, Any]
    link: str
    at: datetime


def poster(session: Session, notice: Notice, now: datetime) -> Poster:
    """Masked like every public text; one that is not out yet says that it is a sample."""
    has_page = Channel.PAGE in notice.channels
    ends_at = notice.window_ends_at
    shown = facts(session, notice) | {
        "is_sample": notice.published_at is None,
        "takes_objections": kinds()[notice.kind]["needs_window"]
        and (ends_at is None or now < ends_at),
        "link": has_page,
        "year": local(notice.published_at or now).year,
    }
    link = public_link(f"/p/notices/{notice.id}") if has_page else ""
    at = notice.published_at or now
    return Poster(masked(notice.title), masked(notice.body), shown, link, at)


def printed(one: Poster) -> bytes:
    """The PDF. FontMissing where the machine has no Chinese font."""
    sheet = Sheet(one.title, one.at)
    sheet.turn()
    title = sheet.balanced(one.title, TITLE, "B")
    size, pages = _fitted(sheet, one.body, FOOT - 4 - _head_height(len(title)))
    for number, lines in enumerate(pages, 1):
        if number > 1:
            sheet.turn()
        words = rendering.render(
            "notice_poster", {**one.facts, "page": number, "pages": len(pages)}
        ).split("\n")
        y = _head(sheet, title, words)
        for line in lines:
            sheet.write(line, MARGIN, y, size)
            y += size * POINT * LEADING
        _foot(sheet, one, words)
    return sheet.bytes()


def _fitted(sheet: Sheet, body: str, room: float) -> tuple[float, Sequence[Sequence[str]]]:
    """The largest letters that keep it on one page; else the smallest, over several."""
    for size in SIZES:
        lines = sheet.lines(body, size)
        most = int(room / (size * POINT * LEADING))
        if len(lines) <= most:
            return size, [lines]
    return size, [lines[begin : begin + most] for begin in range(0, len(lines), most)]


def _head_height(titles: int) -> float:
    return MARGIN + SMALL * POINT * 1.6 + 6 + titles * TITLE * POINT * 1.35 + 8


def _head(sheet: Sheet, title: Sequence[str], words: Sequence[str]) -> float:
    sheet.write(words[0], MARGIN, MARGIN, SMALL + 2, "", SOFT)
    y = MARGIN + SMALL * POINT * 1.6
    sheet.rule(y, 0.8)
    y += 6
    for line in title:
        sheet.centre(line, y, TITLE, "B")
        y += TITLE * POINT * 1.35
    return y + 8


def _foot(sheet: Sheet, one: Poster, words: Sequence[str]) -> None:
    sheet.rule(FOOT)
    y, width = FOOT + 5, INNER - (CODE + 6 if one.link else 0)
    for said, size, weight in (
        (words[1], SMALL + 2, "B"),
        (words[2], SMALL, ""),
        (words[3], SMALL, ""),
    ):
        for line in sheet.lines(said, size, weight, width):
            sheet.write(line, MARGIN, y, size, weight)
            y += size * POINT * 1.6
    if one.link:
        x = WIDTH - MARGIN - CODE
        sheet.qr(one.link, x, FOOT + 2, CODE)
        sheet.write(words[4], x + (CODE - sheet.width(words[4], SMALL)) / 2, FOOT + CODE + 1, SMALL)
