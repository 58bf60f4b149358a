"""The empty sheets that are handed out: headings, choices to pick from, and what each means."""

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import xlsxwriter

from config.policy import load
from models.imports.cells import columns

ROWS = 500
LONGEST_CHOICE = 255  # Excel's own limit for choices written out


def write_template(target: BinaryIO, kind: str) -> None:
    words = load("imports")["words"]
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet(load("imports")["kind"][kind]["label"])
    bold = book.add_format({"bold": True, "bg_color": "#e6efec", "border": 1})
    as_text = book.add_format({"num_format": "@"})  # or a phone loses its zeros
    for place, column in enumerate(columns(kind)):
        mark = "*" if column.get("required") else ""
        sheet.set_column(place, place, 18, as_text)
        sheet.write_string(0, place, column["heading"] + mark, bold)
        choices = _choices(column)
        if choices and len(",".join(choices)) <= LONGEST_CHOICE:
            sheet.data_validation(1, place, ROWS, place, {"validate": "list", "source": choices})
    sheet.freeze_panes(1, 0)
    _explain(book.add_worksheet(words["explained"]), bold, columns(kind), words)
    book.close()


def _explain(
    sheet: Any, bold: Any, shown: Sequence[Mapping[str, Any]], words: Mapping[str, str]
) -> None:
    sheet.set_column(0, 3, 24)
    for place, heading in enumerate(("column", "needed", "example", "choices")):
        sheet.write_string(0, place, words[heading], bold)
    for row, column in enumerate(shown, start=1):
        sheet.write_string(row, 0, column["heading"])
        sheet.write_string(row, 1, words["yes"] if column.get("required") else "")
        sheet.write_string(row, 2, column["example"])
        sheet.write_string(row, 3, "、".join(_choices(column)))


def _choices(column: Mapping[str, Any]) -> list[str]:
    table = load("labels").get(column["form"], {})
    return list(table.values())
