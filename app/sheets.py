"""Sheets that people bring: Excel and CSV read into rows of text, whatever is in their cells."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.escape import unescape

from models.errors import DomainError
from models.imports.cells import WITHOUT_VALUE

LARGEST_FILE = 5_000_000
LARGEST_INSIDE = 80_000_000  # unpacked; a sheet of words packs to a tenth, a bomb to a thousandth
MOST_PARTS = 500
MOST_TAGS = 5_000_000  # of cells and their words; each takes a microsecond or two to read
MOST_STYLE_TAGS = 200_000  # of the rest, where each takes fifty
MOST_ROWS = 20_000
MOST_COLUMNS = 60
MOST_MERGED = 100_000
LONGEST_CELL = 2_000

# What zipfile raises on a broken, encrypted or strangely packed archive.
UNREADABLE = (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError)
EXCEL = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^<>]*ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_HAS_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Grid = list[tuple[int, list[str]]]
"""Rows that hold anything, each with its number as the spreadsheet shows it."""


class SheetUnreadable(DomainError):
    """The file is no sheet that can be read; `why` tells the reason."""

    template = "sheet_unreadable"


@dataclass(frozen=True, slots=True)
class _Part:
    """One worksheet: the raw text of its file, which tells what reading row by row does not."""

    name: str
    raw: bytes


def read_grid(data: bytes) -> Grid:
    """The first worksheet, or the rows of a CSV file. Raises SheetUnreadable."""
    if len(data) > LARGEST_FILE:
        raise SheetUnreadable(why="too_large", most=LARGEST_FILE // 1_000_000)
    if data.startswith(_OLE):
        raise SheetUnreadable(why="old_excel")
    grid = _excel(data) if data.startswith(EXCEL) else list(_csv(data))
    if not grid:
        raise SheetUnreadable(why="empty")
    if len(grid) > MOST_ROWS:
        raise SheetUnreadable(why="too_long", most=MOST_ROWS)
    return grid


def decoded(data: bytes) -> str:
    """UTF-8, or GB 18030 as Excel saves it."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetUnreadable(why="wrong_type")


def _csv(data: bytes) -> Iterator[tuple[int, list[str]]]:
    if b"\0" in data:
        raise SheetUnreadable(why="wrong_type")
    try:
        rows = enumerate(csv.reader(io.StringIO(decoded(data), newline=""), strict=True), start=1)
        yield from _kept(rows)
    except csv.Error as problem:
        raise SheetUnreadable(why="wrong_type") from problem


def _excel(data: bytes) -> Grid:
    part = _checked(data)
    try:
        grid = list(_kept(_rows(data, is_value=True)))
        if _HAS_FORMULA.search(part.raw):
            grid = _formulas_marked(data, grid)
    except SheetUnreadable:
        raise
    # openpyxl raises whatever a broken file leads it into; none of it is ours to tell apart.
    except Exception as broken:
        raise SheetUnreadable(why="broken") from broken
    return _merged_filled(grid, part.raw)


def _checked(data: bytes) -> _Part:
    """The worksheet's own file, once nothing of the archive is a bomb or names entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(one.file_size for one in parts) > LARGEST_INSIDE:
                raise SheetUnreadable(why="bomb")
            sheets = {}
            for one in parts:
                # What an archive says of its sizes may be a lie: no more is read than it says.
                raw = archive.open(one).read(one.file_size + 1)
                if len(raw) > one.file_size or _is_bomb(one.filename, raw):
                    raise SheetUnreadable(why="bomb")
                if re.fullmatch(r"xl/worksheets/[^/]+\.xml", one.filename):
                    sheets[one.filename] = raw
    except UNREADABLE as broken:
        raise SheetUnreadable(why="broken") from broken
    if not sheets:
        raise SheetUnreadable(why="wrong_type")
    name = _first_sheet(data)
    return _Part(name, sheets.get(name, b""))


def _is_bomb(part: str, raw: bytes) -> bool:
    is_long = part.startswith(("xl/worksheets/", "xl/sharedStrings"))
    if raw.count(b"<") > (MOST_TAGS if is_long else MOST_STYLE_TAGS):
        return True
    return part.endswith((".xml", ".rels")) and b"<!DOCTYPE" in raw


def _first_sheet(data: bytes) -> str:
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        path: str = book.worksheets[0]._worksheet_path
        book.close()
    except Exception as broken:
        raise SheetUnreadable(why="broken") from broken
    return path.lstrip("/")


def _rows(data: bytes, *, is_value: bool) -> Iterator[tuple[int, list[str]]]:
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=is_value, keep_links=False)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # what a file says of its size may be wrong
    rows = sheet.iter_rows(max_col=MOST_COLUMNS, max_row=MOST_ROWS + 1, values_only=True)
    for number, cells in enumerate(rows, start=1):
        yield number, [_text(one) for one in cells]
    book.close()


def _kept(rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    for number, cells in rows:
        plain = [_plain(one) for one in cells[:MOST_COLUMNS]]
        while plain and not plain[-1]:
            plain.pop()
        if plain:
            yield number, plain


def _text(value: Any) -> str:
    """As a person reads the cell: a phone kept as an amount is a phone."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return _moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return unescape(str(value))  # as Excel writes a carriage return: _x000D_


def _moment_text(value: datetime) -> str:
    """To the second: a spreadsheet keeps fractions of days. Midnight is a day without a time."""
    rounded = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    is_day = rounded.time() == time()
    return rounded.date().isoformat() if is_day else rounded.isoformat(" ")


def _plain(text: str) -> str:
    plain = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\u3000", " ")).strip()
    return plain[:LONGEST_CELL]


def _formulas_marked(data: bytes, grid: Grid) -> Grid:
    """Where a formula has no value yet, the cell says so instead of looking empty."""
    values = dict(grid)
    for number, cells in _rows(data, is_value=False):
        for column, text in enumerate(cells):
            row = values.setdefault(number, [])
            if text.startswith("=") and not _cell(row, column + 1):
                row.extend([""] * (column + 1 - len(row)))
                row[column] = WITHOUT_VALUE
    return [(number, cells) for number, cells in sorted(values.items()) if any(cells)]


def _merged_filled(grid: Grid, raw: bytes) -> Grid:
    """Each cell of a merged block says what its first one says."""
    values = dict(grid)
    filled = 0
    for found in _MERGED.finditer(raw):
        first, top, last, bottom = range_boundaries(found[1].decode())
        filled += (last - first + 1) * (bottom - top + 1)
        if filled > MOST_MERGED:
            raise SheetUnreadable(why="merged")
        text = _cell(values.get(top, []), first)
        for number in range(top, min(bottom, MOST_ROWS) + 1):
            # A row that holds nothing else stays empty: a frame around a list is no entry.
            row = values.get(number)
            for column in range(first, min(last, MOST_COLUMNS) + 1) if row else ():
                row.extend([""] * (column - len(row)))
                row[column - 1] = row[column - 1] or text
    return sorted(values.items())


def _cell(row: list[str], column: int) -> str:
    return row[column - 1] if len(row) >= column else ""
