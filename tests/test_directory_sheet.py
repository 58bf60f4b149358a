"""The directory goes out as a sheet and comes back the same; what can not be read is told."""

import io
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from app.directory_sheet import (
    BadRow,
    Row,
    Unreadable,
    csv_sheet,
    json_sheet,
    read_sheet,
    sheet_row,
)
from models.directory.details import Details
from models.directory.table import kinds

HEADINGS = "区域,类别,标题,叫法,内容,电话,充电口,手机号可公开,开始日期"

_LETTERS = st.characters(blacklist_categories=("Cs", "Cc"))
_WORDS = st.text(_LETTERS, max_size=12).map(str.strip)
_ALIAS = st.text("甲乙丙丁-=+@'ab12", min_size=2, max_size=6)
_DAYS = st.none() | st.dates(date(1900, 1, 1), date(2999, 1, 1))
DETAILS = st.builds(
    Details,
    kind=st.sampled_from(sorted(kinds())),
    title=_WORDS,
    text=st.text(st.one_of(_LETTERS, st.just("\n")), max_size=30).map(str.strip),
    aliases=st.lists(_ALIAS, max_size=4).map(tuple),
    address=st.none() | _WORDS,
    phone=st.none() | _WORDS,
    hours=st.none() | _WORDS,
    price=st.none() | _WORDS,
    ports=st.none() | st.integers(0, 9999),
    is_public_mobile=st.booleans(),
    since_on=_DAYS,
    until_on=_DAYS,
)


def sheet(*rows: str) -> bytes:
    return "\n".join([HEADINGS, *rows]).encode()


def only(data: bytes) -> Row | BadRow:
    (row,) = read_sheet(data)
    return row


@given(DETAILS, st.sampled_from([csv_sheet, json_sheet]))
@example(Details("faq", "'=x", "''-y", ("@z",)), csv_sheet)
@settings(max_examples=200, deadline=None)
def test_what_goes_out_comes_back_the_same(details: Details, written: Any) -> None:
    row = only(written([sheet_row(7, "幸福社区", details)]).encode())
    assert isinstance(row, Row)
    assert row.area == "幸福社区"
    assert row.details == details.tidied()


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_file_is_read_or_refused_in_words(data: bytes) -> None:
    try:
        rows = read_sheet(data)
    except Unreadable as refused:
        assert str(refused)
    else:
        assert rows


def test_a_cell_that_a_spreadsheet_would_run_goes_out_as_text() -> None:
    row = sheet_row(1, "幸福社区", Details("faq", "=HYPERLINK(1)", "@x", phone="+86 0000"))
    out = csv_sheet([row])
    assert ",'=HYPERLINK(1)," in out and ",'@x," in out and ",'+86 0000," in out


def test_rows_are_numbered_as_a_spreadsheet_shows_them_and_blank_ones_passed_over() -> None:
    rows = read_sheet(
        sheet("幸福社区,faq,甲,,文", ",,,,", "幸福社区,常见问题,乙,叫法一；叫法二,文")
    )
    assert [one.number for one in rows] == [2, 4]
    second = rows[1]
    assert isinstance(second, Row)
    assert second.details.kind == "faq"
    assert second.details.aliases == ("叫法一", "叫法二")


def test_a_sheet_saved_by_a_chinese_spreadsheet_is_read() -> None:
    data = f"{HEADINGS}\n幸福社区,常见问题,标题,,内容".encode("gb18030")
    row = only(data)
    assert isinstance(row, Row) and row.details.title == "标题"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("幸福社区,faq,标题,,文,,三个", "ports: must be a whole number"),
        ("幸福社区,faq,标题,,文,,,也许", "is_public_mobile: must be yes or no"),
        ("幸福社区,faq,标题,,文,,,,三月一日", "since_on: must be a day like 2026-03-01"),
        ("幸福社区,faq,标题,,文,,,,2026-02-30", "since_on: must be a day like 2026-03-01"),
        (",faq,标题,,文", "area: missing"),
        ("幸福社区,faq,标题,,文\x07", "text: holds a control character"),
        ("幸福社区,faq,标题,,文,,,,,多出来的", "unknown: too many cells"),
    ],
)
def test_a_row_that_can_not_be_read_says_why(cells: str, reason: str) -> None:
    row = only(sheet(cells))
    assert isinstance(row, BadRow)
    assert row.reasons == (reason,)


def test_every_reason_of_a_row_is_told_at_once() -> None:
    row = only(sheet("幸福社区,faq,标题,,文,,三个,也许,某天"))
    assert isinstance(row, BadRow) and len(row.reasons) == 3


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "there are no rows"),
        (HEADINGS.encode(), "there are no rows"),
        ("区域,颜色\n甲,红".encode(), "no column is named 颜色"),
        (b"[1]", "row 1 is no object"),
        (b"[{]", "this is no JSON"),
        (b"[" * 100_000, "this is no JSON"),
        (b'area,title\n"open', "this is no CSV"),
        (b"\xff\xff\xff", "neither UTF-8 nor GB 18030"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_whole(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_sheet(data)


def test_json_may_give_lists_numbers_and_truths() -> None:
    given_row = {
        "area": "幸福社区",
        "kind": "charging_station",
        "title": "棚",
        "aliases": ["充电棚"],
        "ports": 12,
        "is_public_mobile": False,
    }
    row = only(json.dumps([given_row]).encode())
    assert isinstance(row, Row)
    assert (row.details.ports, row.details.aliases) == (12, ("充电棚",))
    for wrong in ({"title": 5}, {"ports": True}, {"ports": 1.5}, {"colour": "red"}):
        assert isinstance(only(json.dumps([given_row | wrong]).encode()), BadRow)


def test_an_excel_sheet_says_the_same_as_its_csv() -> None:
    book, out = Workbook(), io.BytesIO()
    for line in (HEADINGS, "幸福社区,常见问题,合唱团,,每周三,,,,"):
        book.active.append(line.split(","))
    book.save(out)
    assert only(out.getvalue()) == only(sheet("幸福社区,常见问题,合唱团,,每周三,,,,"))
    with pytest.raises(Unreadable, match="broken"):
        read_sheet(b"PK\x03\x04 nothing")
