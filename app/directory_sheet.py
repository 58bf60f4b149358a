"""The directory as a sheet: CSV as spreadsheets write it, or JSON; in and out."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from app.sheets import EXCEL, SheetUnreadable, read_grid
from config.policy import load
from jobs.sheets import guarded, unguarded
from models.directory.details import Details
from models.directory.table import kinds

COLUMNS = (
    *("number", "area", "kind", "title", "aliases", "text", "address", "phone", "hours"),
    *("price", "ports", "is_public_mobile", "since_on", "until_on"),
)
_BETWEEN = re.compile(r"[;；、,，|\n]+")


class Unreadable(ValueError):
    """读不了 — the file is no sheet at all, and why."""


class _Wrong(ValueError):
    """One cell that can not be read."""


@dataclass(frozen=True, slots=True)
class Row:
    """行 — one entry as it was written, with the number of its row."""

    number: int
    area: str
    details: Details


@dataclass(frozen=True, slots=True)
class BadRow:
    """坏行 — a row that can not be read, with every reason."""

    number: int
    reasons: tuple[str, ...]


def read_sheet(data: bytes) -> list[Row | BadRow]:
    """Excel, or JSON if it begins like a list of objects, or CSV; UTF-8 or GB 18030."""
    read = [_read(number, cells) for number, cells in _rows(data)]
    if not read:
        raise Unreadable("there are no rows")
    return read


def csv_sheet(rows: Iterable[Mapping[str, Any]]) -> str:
    """With Chinese headings, and a mark by which spreadsheets know that it is UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([load("directory")["column"][key] for key in COLUMNS])
    for row in rows:
        writer.writerow([_cell(row[key]) for key in COLUMNS])
    return "\ufeff" + out.getvalue()


def json_sheet(rows: Iterable[Mapping[str, Any]]) -> str:
    return json.dumps(list(rows), ensure_ascii=False, indent=1, default=str) + "\n"


def sheet_row(number: int, area: str, details: Details) -> dict[str, Any]:
    return {"number": number, "area": area} | asdict(details)


def _rows(data: bytes) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if data.startswith(EXCEL):
        return _excel_rows(data)
    text = _decoded(data)
    return _json_rows(text) if text.lstrip().startswith("[") else _csv_rows(text)


def _excel_rows(data: bytes) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        grid = read_grid(data)
    except SheetUnreadable as problem:
        raise Unreadable(f"this is no sheet: {problem.context['why']}") from problem
    keys = [_key(heading) for heading in grid[0][1]]
    for number, cells in grid[1:]:
        yield number, dict(zip(keys, cells, strict=False))


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("the text is neither UTF-8 nor GB 18030")


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        rows = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as problem:
        raise Unreadable(f"this is no JSON: {problem}") from problem
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise Unreadable(f"row {number} is no object")
        yield number, row


def _csv_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Numbered as a spreadsheet shows them, the headings being row 1."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as problem:
        raise Unreadable(f"this is no CSV: {problem}") from problem
    if not rows:
        return
    keys = [_key(heading) for heading in rows[0]]
    for number, cells in enumerate(rows[1:], start=2):
        if any(cell.strip() for cell in cells):
            yield (
                number,
                {
                    **dict(zip(keys, map(unguarded, cells), strict=False)),
                    **({"too many cells": True} if len(cells) > len(keys) else {}),
                },
            )


def _key(heading: str) -> str:
    named = {name: key for key, name in load("directory")["column"].items()}
    plain = heading.strip()
    key = named.get(plain, plain)
    if key not in COLUMNS:
        raise Unreadable(f"no column is named {plain or '(empty)'}")
    return key


def _read(number: int, cells: Mapping[str, Any]) -> Row | BadRow:
    unknown = [key for key in cells if key not in COLUMNS]
    if unknown:
        return BadRow(number, tuple(f"unknown: {key}" for key in unknown))
    reasons, said = [], {}
    for key, reader in _READERS.items():
        try:
            said[key] = reader(cells.get(key))
        except _Wrong as wrong:
            reasons.append(f"{key}: {wrong}")
    if not reasons and not said["area"]:
        reasons.append("area: missing")
    if reasons:
        return BadRow(number, tuple(reasons))
    area = said.pop("area")
    return Row(number, area, Details(**said).tidied())


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Wrong("must be text")
    if any(ord(character) < 32 and character not in "\n\r\t" for character in value):
        raise _Wrong("holds a control character")
    return value.replace("\r\n", "\n").strip()


def _kind(value: Any) -> str:
    """By key, or by what people call it."""
    named = {row["label"]: key for key, row in kinds().items()}
    said = _text(value)
    return named.get(said, said)


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(_text(one) for one in value)
    return tuple(_BETWEEN.split(_text(value)))


def _count(value: Any) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    said = _text(value)
    if not re.fullmatch(r"[0-9]{1,6}", said):
        raise _Wrong("must be a whole number")
    return int(said)


def _yes(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    said = _text(value).lower()
    words = load("directory")["yes_no"]
    if said not in words["yes"] and said not in words["no"]:
        raise _Wrong("must be yes or no")
    return said in words["yes"]


def _day(value: Any) -> date | None:
    said = _text(value).replace("/", "-")
    if not said:
        return None
    try:
        return date(*(int(part) for part in said.split("-")))
    except (ValueError, TypeError, OverflowError) as problem:
        raise _Wrong("must be a day like 2026-03-01") from problem


_READERS = {
    **dict.fromkeys(("area", "title", "text", "address", "phone", "hours", "price"), _text),
    "kind": _kind,
    "aliases": _words,
    "ports": _count,
    "is_public_mobile": _yes,
    **dict.fromkeys(("since_on", "until_on"), _day),
}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(load("directory")["yes_no"]["yes" if value else "no"][0])
    if isinstance(value, tuple):
        return guarded("；".join(value))
    return guarded(str(value))
