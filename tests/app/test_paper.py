"""What is printed: Chinese lines that look right, and a font that the machine has or lacks."""

from datetime import UTC, datetime

import pypdfium2
import pytest
import zxingcpp
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from app.paper import fonts
from app.paper.fonts import FontMissing, chinese_font
from app.paper.lines import NO_BEGINNING, NO_ENDING, lines
from app.paper.sheet import MARGIN, Sheet
from tests.conftest import skip_or_fail

AT = datetime(2026, 3, 3, 1, tzinfo=UTC)


def as_wide_as_it_looks(text: str) -> float:
    return sum(1 if one.isascii() else 2 for one in text)


def printing() -> None:
    """Skips, or in CI fails, where there is no font."""
    try:
        chinese_font()
    except FontMissing:
        skip_or_fail("no Chinese font is installed")


@given(st.text("收支公示，。“”（）12元ab \n", max_size=120), st.integers(6, 40))
def test_nothing_is_lost_and_no_line_is_wider_than_the_page(text: str, width: int) -> None:
    broken = list(lines(text, width, as_wide_as_it_looks))
    assert "".join("".join(broken).split()) == "".join(text.split())
    assert all(as_wide_as_it_looks(one.rstrip()) <= width for one in broken)


@given(
    st.lists(
        st.sampled_from(["收支", "公示", "结余", "3号楼", "，", "。", "（含", "）", "“", "”"]),
        max_size=30,
    )
)
def test_no_line_begins_or_ends_as_it_must_not(words: list[str]) -> None:
    text = "账" + "".join(words)
    runs = max((len(run) for run in _runs(text)), default=0)
    if runs > 2:
        return  # a row of marks alone has to be broken somewhere
    broken = list(lines(text, 24, as_wide_as_it_looks))
    assert not any(one[:1] in NO_BEGINNING for one in broken[1:])
    assert not any(one[-1:] in NO_ENDING for one in broken[:-1])


def _runs(text: str) -> list[str]:
    marks = NO_BEGINNING | NO_ENDING
    return "".join(one if one in marks else " " for one in text).split()


def test_a_number_stays_in_one_piece() -> None:
    broken = list(lines("本季度公共收益合计 1234567 元", 24, as_wide_as_it_looks))
    assert broken == ["本季度公共收益合计", "1234567 元"]


def test_without_a_font_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "load", lambda _: {"font": [{"regular": "/no", "bold": "/no"}]})
    with pytest.raises(FontMissing):
        chinese_font()


def test_the_face_of_the_collection_is_the_one_for_simplified_chinese() -> None:
    printing()
    font = chinese_font()
    with TTFont(font.regular, fontNumber=font.face, lazy=True) as opened:
        name = opened["name"].getDebugName(1)
    assert name.endswith("SC") or name.startswith("WenQuanYi"), name


def test_letters_are_in_the_file_and_a_code_scans_back() -> None:
    printing()
    sheet = Sheet("公示", AT)
    sheet.turn()
    sheet.write("结余 4000 元", MARGIN, MARGIN, 18)
    sheet.qr("https://linli.example.org/p/notices/12", 100, 100, 40)
    made = sheet.bytes()
    assert b"/FontFile3" in made or b"/FontFile2" in made, "the font travels with the page"
    assert len(made) < 100_000, "and only the letters of it that are used"
    document = pypdfium2.PdfDocument(made)
    assert "结余 4000 元" in document[0].get_textpage().get_text_range()
    scanned = zxingcpp.read_barcodes(document[0].render(scale=3).to_pil())
    assert [one.text for one in scanned] == ["https://linli.example.org/p/notices/12"]
    document.close()
