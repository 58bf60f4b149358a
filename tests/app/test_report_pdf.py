"""A report on paper: its words can be searched, its charts are drawn, its tables break in order."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import pypdfium2 as pdfium
import pytest

from app.paper.fonts import FontMissing, chinese_font
from app.reports.document import Cell, Chart, Document, Form, Look, Table
from app.reports.pdf import printed
from config.policy import load
from models.reports.composing import Topic
from tests.conftest import skip_or_fail
from tests.factories import MORNING

GREEN, PALE = (20, 87, 79), (174, 187, 182)


@pytest.fixture(autouse=True)
def font() -> None:
    try:
        chinese_font()
    except FontMissing:
        skip_or_fail("no Chinese font is installed")


def report(many: int) -> Document:
    rows = [
        [
            Cell(f"第{number}栋楼的名字", Form.TEXT),
            Cell(number, Form.COUNT),
            Cell(number // 2, Form.COUNT),
            Cell(Fraction(number, many), Form.SHARE),
        ]
        for number in range(1, many + 1)
    ]
    heads = ["楼栋", "本期", "上期", "响应率"]
    bars = Chart(Look.BARS, min(many, 12), [("本期", 1), ("上期", 2)])
    line = Chart(Look.LINE, many, [("受理", 1), ("超期未结", 2)])
    tables = [Table("a", "楼栋", heads, rows, bars), Table("b", "走势", heads, rows[:20], line)]
    return Document(
        "幸福社区月研判", "2026年2月1日至2026年2月28日", tables, ["报得多不等于问题多。"]
    )


@contextmanager
def opened(document: Document) -> Iterator[pdfium.PdfDocument]:
    topics = [Topic("充电桩", [1, 2, 3], 1)]
    content = printed(document, topics, MORNING, load("labels")["report"])
    with pdfium.PdfDocument(content) as paper:
        yield paper


def text_of(page: pdfium.PdfPage) -> str:
    return str(page.get_textpage().get_text_range())


def test_it_holds_the_title_the_days_every_row_and_the_charts() -> None:
    with opened(report(8)) as paper:
        whole = "".join(text_of(page) for page in paper)
        picture = paper[0].render(scale=1).to_pil().convert("RGB")
        colours = {colour for _, colour in picture.getcolors(1 << 20) or ()}
    said = ("幸福社区月研判", "2026年2月1日", "充电桩 3", "第8栋楼的名字", "报得多不等于问题多")
    for words in said:
        assert words in whole, words
    assert {GREEN, PALE} <= colours, "bars of both periods"
    painted = sum(count for count, colour in picture.getcolors(1 << 20) or () if colour == PALE)
    assert painted < picture.width * picture.height / 50, "no chart's colour runs into a table"


def test_a_long_table_goes_on_under_its_head_and_no_row_is_lost() -> None:
    with opened(report(90)) as paper:
        found = [text_of(page) for page in paper]
    assert len(found) >= 4
    whole = "".join(found)
    assert all(whole.count(f"第{number}栋楼的名字") >= 1 for number in range(1, 91))
    for number, text in enumerate(found, 1):
        assert f"第 {number} 页，共 {len(found)} 页" in text
        if "第30栋" in text or "第60栋" in text:
            assert "响应率" in text


def test_words_begin_at_the_left_of_their_column_and_numbers_end_at_its_right() -> None:
    heads = ["项目", "区域", "件数"]
    words = (("雨污分流", "幸福里小区", 7), ("加装电梯", "阳光花园第一期", 120))
    rows = [
        [Cell(one, Form.TEXT), Cell(place, Form.TEXT), Cell(count, Form.COUNT)]
        for one, place, count in words
    ]
    with opened(Document("周调度", "", [Table("a", "项目", heads, rows)], [])) as paper:
        at = edges(paper[0], "区域", "幸福里", "阳光花", "件数", "120")
    assert at["区域"][0] == at["幸福里"][0] == at["阳光花"][0]
    assert at["件数"][1] == at["120"][1] > at["阳光花"][1]


def edges(page: pdfium.PdfPage, *said: str) -> dict[str, tuple[int, int]]:
    """Where these words begin and end, in points."""
    text, found = page.get_textpage(), {}
    whole = text.get_text_range()
    for words in said:
        first = whole.index(words)
        boxes = [text.get_charbox(first + nth) for nth in (0, len(words) - 1)]
        found[words] = round(boxes[0][0]), round(boxes[1][2])
    return found


def test_no_last_row_stands_alone_on_a_page() -> None:
    for many in (32, 33):
        rows = [[Cell(f"第{number}栋", Form.TEXT)] for number in range(1, many + 1)]
        with opened(Document("周调度", "", [Table("a", "楼栋", ["楼栋"], rows)], [])) as paper:
            last = [text_of(page) for page in paper][-1]
        assert len(re.findall(r"第\d+栋", last)) > 1, many
