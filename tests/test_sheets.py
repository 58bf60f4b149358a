"""Sheets come in as people make them, and what is no sheet is told so; none goes out a formula."""

import csv
import io
import time
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from app.sheets import LARGEST_INSIDE, MOST_STYLE_TAGS, MOST_TAGS, SheetUnreadable, read_grid
from jobs.sheets import csv_line, guarded, unguarded, write_csv, write_excel
from models.imports.cells import WITHOUT_VALUE

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), max_size=12
)


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def refused(data: bytes) -> object:
    with pytest.raises(SheetUnreadable) as refusal:
        read_grid(data)
    return refusal.value.context["why"]


def test_cells_are_read_as_a_person_reads_them() -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["手机", "日期", "数", "空", "对"])
    sheet.append([13800000001.0, date(2026, 3, 1), 3, None, True])
    sheet["A4"] = "　１３８ 0000\x0b 0002 ".replace("\x0b", "")
    assert read_grid(saved(book)) == [
        (1, ["手机", "日期", "数", "空", "对"]),
        (2, ["13800000001", "2026-03-01", "3", "", "TRUE"]),
        (4, ["１３８ 0000 0002"]),
    ]


def test_a_merged_block_says_the_same_in_each_cell_and_makes_no_rows() -> None:
    book = Workbook()
    sheet = book.active
    for row in (["小区", "楼号"], ["幸福里小区", "1"], [None, "2"]):
        sheet.append(row)
    sheet.merge_cells("A2:A5")
    assert read_grid(saved(book))[1:] == [(2, ["幸福里小区", "1"]), (3, ["幸福里小区", "2"])]


def test_a_formula_counts_as_its_value_and_without_one_is_marked() -> None:
    book = Workbook()
    book.active.append(["户数", "=1+1"])
    assert read_grid(saved(book)) == [(1, ["户数", WITHOUT_VALUE])]
    data = saved(book)
    computed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(computed, "w") as new:
        for one in old.namelist():
            raw = old.read(one).replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>")
            new.writestr(one, raw.replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>"))
    assert read_grid(computed.getvalue()) == [(1, ["户数", "2"])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_either_encoding(encoding: str) -> None:
    assert read_grid("姓名,手机\r\n居民甲,\r\n".encode(encoding))[1] == (2, ["居民甲"])


def test_what_is_no_sheet_is_told_so() -> None:
    assert refused(b"") == "empty"
    assert refused(b"\xd0\xcf\x11\xe0old") == "old_excel"
    assert refused(b"\x89PNG\r\n\x1a\n\0\0") == "wrong_type"
    assert refused(b"PK\x03\x04 broken") == "broken"
    assert refused(b"x" * 5_000_001) == "too_large"
    assert refused(saved(Workbook())) == "empty"
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert refused(other.getvalue()) == "wrong_type"


def tampered(name: str, content: bytes) -> bytes:
    book = Workbook()
    book.active.append(["姓名"])
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved(book))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for one in old.namelist():
            new.writestr(one, content if one == name else old.read(one))
        if name not in old.namelist():
            new.writestr(name, content)
    return out.getvalue()


def test_bombs_and_entities_are_not_unpacked() -> None:
    sheet = "xl/worksheets/sheet1.xml"
    bomb = tampered("xl/media/a.bin", bytes(LARGEST_INSIDE))
    assert len(bomb) < 200_000
    assert refused(bomb) == "bomb"
    laughing = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'
    assert refused(tampered(sheet, laughing)) == "bomb"
    assert refused(tampered(sheet, b"<worksheet><sheetData><row")) == "broken"
    wide = b"<worksheet><sheetData><row>" + b"<c/>" * MOST_TAGS + b"</row></sheetData></worksheet>"
    assert refused(tampered(sheet, wide)) == "bomb"
    styles = b"<styleSheet><fonts>" + b"<font/>" * MOST_STYLE_TAGS + b"</fonts></styleSheet>"
    assert refused(tampered("xl/styles.xml", styles)) == "bomb"


def test_a_comment_full_of_beginnings_is_read_at_once() -> None:
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    cells = b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'
    noise = b"<!--" + b"<mergeCell " * 200_000 + b"-->"
    data = tampered(
        "xl/worksheets/sheet1.xml", b"<worksheet %s>%s%s</worksheet>" % (space, noise, cells)
    )
    begun = time.process_time()
    assert read_grid(data) == [(1, ["1"])]
    assert time.process_time() - begun < 5  # a search from each of them to the end took hours


def test_text_in_another_form_than_its_name_is_told_apart_or_read_as_text() -> None:
    assert refused("姓名,手机\r\n".encode("utf-16")) == "wrong_type"
    assert refused(b"GIF89a/*\0*/=1;alert(1)") == "wrong_type"
    assert refused(b"a" * 200_000 + b"\n") == "wrong_type"  # no cell is that long
    page = "<script>alert(1)</script>,=cmd|'/c calc'!A1,{{7*7}},\u202egpj.exe,\x1b[31m"
    assert read_grid(page.encode()) == [
        (1, ["<script>alert(1)</script>", "=cmd|'/c calc'!A1", "{{7*7}}", "\u202egpj.exe", "[31m"])
    ]


@given(st.lists(st.lists(WORDS, min_size=3, max_size=3), max_size=4))
@settings(max_examples=12, deadline=None)
def test_what_goes_out_comes_back_in_either_form(rows: list[list[str]]) -> None:
    excel = io.BytesIO()
    write_excel(excel, "表", ["甲", "乙", "丙"], rows)
    back = [cells + [""] * (3 - len(cells)) for _, cells in read_grid(excel.getvalue())]
    assert back[1:] == [row for row in rows if any(row)]
    text = "".join(csv_line(row) for row in rows)
    assert [[unguarded(one) for one in row] for row in csv.reader(io.StringIO(text))] == rows


def test_no_cell_that_goes_out_is_run_by_a_spreadsheet(tmp_path: Path) -> None:
    evil = ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "http://a.b"]
    write_excel(tmp_path / "a.xlsx", "表", ["甲"], [[one] for one in evil])
    sheet = load_workbook(tmp_path / "a.xlsx").active
    assert {one.data_type for row in sheet.iter_rows() for one in row} == {"s"}
    assert all(one.hyperlink is None for row in sheet.iter_rows() for one in row)
    assert write_csv(tmp_path / "a.csv", ["甲"], [[one] for one in evil]) == len(evil)
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    first = [row[0] for row in csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""))][1:]
    assert all(one[0] not in "=+-@\t\r" for one in first)
    assert [unguarded(guarded(one)) for one in evil] == evil
