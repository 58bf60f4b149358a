"""Sheets that people take away: Excel and CSV, row by row, safe to open."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import xlsxwriter

# A spreadsheet would run a cell that begins so; one quote before it makes it text.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_QUOTE = "'"
BOM = "\ufeff"  # by which spreadsheets know that it is UTF-8
WIDEST, NARROWEST = 60, 8
LONGEST_CELL = 32_767  # Excel's own limit

Value = str | int | None


def guarded(text: str) -> str:
    """For CSV, where nothing else tells a word from a formula."""
    return _QUOTE + text if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    is_guarded = text.startswith(_QUOTE) and _FORMULA.match(text)
    return text[1:] if is_guarded else text


def csv_line(cells: Iterable[Value]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(
        [one if isinstance(one, int) else guarded(one or "") for one in cells]
    )
    return out.getvalue()


def write_csv(path: Path, headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> int:
    """Returns how many rows there were."""
    number = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(BOM + csv_line(headings))
        for row in rows:
            file.write(csv_line(row))
            number += 1
    return number


def write_excel(
    target: Path | BinaryIO, title: str, headings: Sequence[str], rows: Iterable[Sequence[Value]]
) -> int:
    """Text stays text: no cell is ever a formula or a link. Memory does not grow with the rows."""
    book = xlsxwriter.Workbook(
        str(target) if isinstance(target, Path) else target,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    sheet = book.add_worksheet(title)
    bold = book.add_format({"bold": True, "bg_color": "#e6efec", "border": 1})
    for column, heading in enumerate(headings):
        width = min(max(len(heading) * 2 + 4, NARROWEST), WIDEST)
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, heading, bold)
    sheet.freeze_panes(1, 0)
    number = 0
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, int):
                sheet.write_number(number, column, value)
            elif value:
                sheet.write_string(number, column, value[:LONGEST_CELL])
    book.close()
    return number
