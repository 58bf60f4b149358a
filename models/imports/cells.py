"""What the cells of a row mean, by the columns of config/imports.toml."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from config.policy import load
from models.errors import DomainError
from models.roster import phones

MOST_HEADINGS_DOWN = 6  # a sheet may begin with a title
LONGEST_TEXT = 60
WITHOUT_VALUE = "\0formula"  # of a formula that nobody has ever computed
_MARKS = re.compile(r"[\s*＊]+|（[^）]*）|\([^)]*\)")
_BUILDING = re.compile(
    r"(?:第)?([0-9A-Za-z甲乙丙丁东西南北一二三四五六七八九十-]{1,8}?)(?:号楼|号院|单元|栋|幢|座|楼|号)?"
)
_DAY = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?"  # a cell with a time of day says its day, too
)
_BETWEEN = re.compile(r"[;；、,，|\n\s]+")

Cells = Mapping[str, Any]
Column = Mapping[str, Any]
Reader = Callable[[str], Any]


class CellUnfit(DomainError):
    """What stands in one cell can not be used; `why` tells the reason."""

    template = "cell_unfit"


class HeadingsMissing(DomainError):
    """The sheet has not the columns of its kind; `missing` names them."""

    template = "headings_missing"


@dataclass(frozen=True, slots=True)
class Problem:
    """问题 — why a row is refused: its column, where one is to blame, and the reason."""

    column: str | None
    refusal: DomainError


@dataclass(frozen=True, slots=True)
class Row:
    """一行 — what was read from a row of the sheet, with what could not be."""

    number: int
    cells: Cells
    problems: tuple[Problem, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)  # of columns nobody asked for


def columns(kind: str) -> Sequence[Column]:
    found: Sequence[Column] = load("imports")["kind"][kind]["column"]
    return found


def heading_of(kind: str, key: str | None) -> str:
    return next((one["heading"] for one in columns(kind) if one["key"] == key), "")


def read(kind: str, grid: Sequence[tuple[int, Sequence[str]]]) -> tuple[list[Row], list[str]]:
    """The rows under the headings, and the headings nobody asked for. Raises HeadingsMissing."""
    return read_as(columns(kind), READERS, grid)


def read_as(
    columns: Sequence[Column],
    readers: Mapping[str, Reader],
    grid: Sequence[tuple[int, Sequence[str]]],
) -> tuple[list[Row], list[str]]:
    """By columns of one's own, which may have several names each. Raises HeadingsMissing."""
    start, headings = headings_in(columns, grid)
    known = {name: one for one in columns for name in _names(one)}
    places = [(one, known.get(one)) for one in headings]
    unused = [one for one, column in places if one and column is None]
    return [_row(number, places, texts, readers) for number, texts in grid[start + 1 :]], unused


def headings_in(
    columns: Sequence[Column], grid: Sequence[tuple[int, Sequence[str]]]
) -> tuple[int, list[str]]:
    """Which row of the grid they are, and what they say. Raises HeadingsMissing."""
    for start, (_, cells) in enumerate(grid[:MOST_HEADINGS_DOWN]):
        headings = [_heading(one) for one in cells]
        if _fits(columns, headings):
            return start, headings
    required = [one["heading"] for one in columns if one.get("required")]
    raise HeadingsMissing(missing="、".join(required))


def _names(column: Column) -> Sequence[str]:
    return [column["heading"], *column.get("also", ())]


def _fits(columns: Sequence[Column], headings: Sequence[str]) -> bool:
    return all(
        any(name in headings for name in _names(one)) for one in columns if one.get("required")
    )


def _heading(text: str) -> str:
    return _MARKS.sub("", unicodedata.normalize("NFKC", text))


def _row(
    number: int,
    places: Sequence[tuple[str, Column | None]],
    texts: Sequence[str],
    readers: Mapping[str, Reader],
) -> Row:
    """Of two columns of one meaning the first that says something counts."""
    cells: dict[str, Any] = {}
    others: dict[str, str] = {}
    problems: list[Problem] = []
    for (heading, column), text in zip(places, [*texts, *[""] * len(places)], strict=False):
        if column is None:
            others |= {heading: text} if heading else {}
            continue
        try:
            said = _cell(column, text, readers)
            if cells.get(column["key"]) is None:
                cells[column["key"]] = said
        except CellUnfit as refusal:
            problems.append(Problem(column["key"], refusal))
    return Row(number, cells, tuple(problems), others)


def _cell(column: Column, text: str, readers: Mapping[str, Reader]) -> Any:
    if text == WITHOUT_VALUE:
        raise CellUnfit(why="formula")
    if not text:
        if column.get("required"):
            raise CellUnfit(why="missing")
        return None
    return readers[column["form"]](text)


def _text(text: str) -> str:
    plain = " ".join(text.split())
    if len(plain) > LONGEST_TEXT:
        raise CellUnfit(why="too_long", most=LONGEST_TEXT)
    return plain


def _words(text: str) -> tuple[str, ...]:
    return tuple(one for one in _BETWEEN.split(_text(text)) if one)


def narrow(text: str) -> str:
    """Full-width digits and letters are the same as narrow ones."""
    return unicodedata.normalize("NFKC", text).strip()


def _number(text: str) -> int:
    said = narrow(text).removesuffix("户").removesuffix("个").replace(",", "")
    if not re.fullmatch(r"\d{1,6}", said, re.ASCII):
        raise CellUnfit(why="not_a_number")
    return int(said)


def _building(text: str) -> str:
    found = _BUILDING.fullmatch(narrow(text).replace(" ", ""))
    if found is None:
        raise CellUnfit(why="not_a_building")
    return found[1].lstrip("0") or "0"


def _phone(text: str) -> str:
    phone = phones.plain(text)
    if phone is None:
        raise CellUnfit(why="not_a_phone")
    return phone


def _day(text: str) -> date:
    found = _DAY.fullmatch(narrow(text))
    try:
        if found is not None:
            return date(*(int(part) for part in found.groups()))
    except ValueError:
        pass
    raise CellUnfit(why="not_a_day")


def _choice(table: str) -> Callable[[str], str]:
    """A word of config/labels.toml, by what people call it."""

    def read_choice(text: str) -> str:
        named = {words: key for key, words in load("labels")[table].items()}
        said = narrow(text)
        if said not in named:
            raise CellUnfit(why="unknown", options="、".join(named))
        return str(named[said])

    return read_choice


READERS: Mapping[str, Reader] = {
    "text": _text,
    "words": _words,
    "number": _number,
    "building": _building,
    "phone": _phone,
    "day": _day,
    **{table: _choice(table) for table in ("area_kind", "grid_kind", "role", "department")},
}
