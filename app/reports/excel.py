"""A report as a workbook: a sheet a table, its chart beside it, native and editable."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from app.reports.document import Cell, Chart, Document, Form, Look, Table

FORMATS: Mapping[Form, str] = {
    Form.COUNT: "0",
    Form.SHARE: "0.0%",
    Form.DECIMAL: "0.0",
    Form.CHANGE: "+0.0%;-0.0%;0.0%",
}
HEAD_ROW = 3
NARROWEST, WIDEST = 10, 48  # of a column, in letters
LONGEST_NAME = 31  # of a sheet, by Excel
KINDS: Mapping[Look, str] = {Look.BARS: "bar", Look.LINE: "line"}
COLOURS: Mapping[Look, tuple[str, str]] = {
    Look.BARS: ("#14574f", "#c3cdc9"),
    Look.LINE: ("#14574f", "#a02b16"),
}


def workbook(document: Document) -> bytes:
    """Text is written as text: what begins with = + - @ is no formula."""
    written = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(written, options) as book:
        book.set_properties({"title": document.title, "comments": document.days})
        styles = {form: book.add_format({"num_format": one}) for form, one in FORMATS.items()}
        bold = book.add_format({"bold": True, "font_size": 14})
        heads = [
            book.add_format({"bold": True, "bg_color": "#e6efec", "bottom": 1, "align": side})
            for side in ("right", "left")
        ]
        for table in document.tables:
            sheet = book.add_worksheet(table.title[:LONGEST_NAME])
            sheet.write_string(0, 0, f"{document.title} {table.title}", bold)
            sheet.write_string(1, 0, document.days)
            _fill(sheet, table, styles, heads)
            if table.chart is not None:
                _draw(book, sheet, table, table.chart)
        _notes(sheet, document, table)
    return written.getvalue()


def _fill(sheet: Worksheet, table: Table, styles: Mapping[Form, Any], heads: Sequence[Any]) -> None:
    """`heads` are the styles of a head above numbers and above words."""
    sheet.freeze_panes(HEAD_ROW + 1, 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD_ROW)
    for column, (name, is_words) in enumerate(zip(table.heads, table.are_words(), strict=True)):
        sheet.write_string(HEAD_ROW, column, name, heads[is_words])
        sheet.set_column(column, column, _width([name, *(row[column].words for row in table.rows)]))
    for number, row in enumerate(table.rows, HEAD_ROW + 1):
        for column, cell in enumerate(row):
            _write(sheet, number, column, cell, styles)


def _width(said: Iterable[str]) -> int:
    """A Chinese character takes the room of two letters."""
    longest = max(sum(1 + (one > "\u2e80") for one in words) for words in said)
    return min(max(longest + 2, NARROWEST), WIDEST)


def _write(sheet: Worksheet, row: int, column: int, cell: Cell, styles: Mapping[Form, Any]) -> None:
    if cell.number is None:
        sheet.write_string(row, column, cell.words)
    else:
        sheet.write_number(row, column, cell.number, styles[cell.form])


def _draw(book: Workbook, sheet: Worksheet, table: Table, chart: Chart) -> None:
    drawn = book.add_chart({"type": KINDS[chart.look]})
    first, last = HEAD_ROW + 1, HEAD_ROW + chart.rows
    for number, (name, column) in enumerate(chart.series):
        drawn.add_series(
            {
                "name": name,
                "categories": [sheet.name, first, 0, last, 0],
                "values": [sheet.name, first, column, last, column],
                "fill": {"color": COLOURS[chart.look][number]},
                "line": {"color": COLOURS[chart.look][number]},
            }
        )
    drawn.set_title({"name": table.title})
    drawn.set_legend({"position": "bottom"})
    if chart.look == Look.BARS:
        drawn.set_y_axis({"reverse": True})  # the first row of the table on top
    drawn.set_size({"width": 640, "height": 120 + 26 * chart.rows})
    sheet.insert_chart(HEAD_ROW, len(table.heads) + 1, drawn)


def _notes(sheet: Worksheet, document: Document, table: Table) -> None:
    for number, note in enumerate(document.notes, HEAD_ROW + len(table.rows) + 3):
        sheet.write_string(number, 0, note)
