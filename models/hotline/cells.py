"""What the cells of a hotline's sheet mean, by the columns of config/hotline.toml."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from config.categories import Urgency
from config.policy import load
from models.errors import DomainError
from models.imports import cells
from models.imports.cells import CellUnfit, Problem, Row, narrow
from models.localtime import SHANGHAI

LONGEST_WORDS = 1_900  # a longer cell may have been cut when the sheet was read
LATE_CLOCK = timedelta(hours=1)  # of whoever wrote the sheet
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z\-_/.]{0,49}")
_ROUNDED = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
_MOMENT = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[ T]*(\d{1,2})[:时点](?:(\d{1,2})[:分]?)?(?:(\d{1,2})(?:\.\d+)?秒?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?"
)
_DAY_LENGTH = 3  # how many parts of a moment are a day alone
END_OF_DAY = timedelta(hours=23, minutes=59)
# An emergency is told by its words: a hotline's word for haste comes hours after the call.
URGENCIES = {"normal": Urgency.NORMAL, "urgent": Urgency.URGENT, "emergency": Urgency.URGENT}


@dataclass(frozen=True, slots=True)
class Order:
    """来单 — one order as a sheet or a message brought it.

    `said` names what it spoke of at all: what it left out stays as it was.
    """

    source: str
    number: str
    words: str
    title: str | None = None
    place: str | None = None
    name: str | None = None
    phone: str | None = None
    called_at: datetime | None = None
    due_at: datetime | None = None
    urgency: Urgency | None = None
    urges: int = 0
    is_withdrawn: bool = False
    hides_caller: bool = False
    others: Mapping[str, str] = field(default_factory=dict)
    said: frozenset[str] = frozenset()

    @property
    def all_words(self) -> str:
        """The title is often the beginning of the words."""
        return self.words if not self.title or self.title in self.words else self.told_with_title

    @property
    def told_with_title(self) -> str:
        return f"{self.title}\n{self.words}"


def columns() -> Sequence[cells.Column]:
    found: Sequence[cells.Column] = load("hotline")["column"]
    return found


def read(grid: Sequence[tuple[int, Sequence[str]]]) -> list[Row]:
    """The rows under the headings. Raises HeadingsMissing."""
    rows, _ = cells.read_as(columns(), READERS, grid)
    return rows


def order_of(row: Row, source: str, now: datetime) -> Order:
    """Raises CellUnfit where its cells do not go together."""
    said = {key: value for key, value in row.cells.items() if value is not None}
    called, due = said.get("called_at"), said.get("due_at")
    if called is not None and called > now + LATE_CLOCK:
        raise CellUnfit(column="called_at", why="in_future")
    if called is not None and due is not None and due < called:
        raise CellUnfit(column="due_at", why="too_early")
    state = said.get("state")
    place = "".join(said[key] for key in ("estate", "place") if said.get(key))
    return Order(
        source=source,
        number=said["number"],
        words=said["text"],
        title=said.get("title"),
        place=place or None,
        name=said.get("name"),
        phone=said.get("phone"),
        called_at=called,
        due_at=due,
        urgency=said.get("urgency"),
        urges=max(said.get("urges", 0), int(state == "urged")),
        is_withdrawn=state == "withdrawn",
        hides_caller=said.get("hides", False),
        others=row.others,
        said=frozenset(row.cells),
    )


def heading_of(key: str | None) -> str:
    return next((one["heading"] for one in columns() if one["key"] == key), "")


def reason_of(problem: Problem) -> str:
    """Why a row was not taken in, in words of config/hotline.toml."""
    context = dict(problem.refusal.context)
    why = load("hotline")["why"]
    words: str = why.get(context.get("why")) or why.get(problem.refusal.template, why["other"])
    given = {"heading": heading_of(problem.column), "what": problem.refusal.template}
    return words.format_map(context | given)


def problem_of(refusal: DomainError) -> Problem:
    column = refusal.context.get("column") or refusal.context.get("field")
    return Problem(str(column) if column else None, refusal)


def _order_number(text: str) -> str:
    said = narrow(text).replace(" ", "")
    if _ROUNDED.fullmatch(said):
        raise CellUnfit(why="number_rounded")
    if not _NUMBER.fullmatch(said):
        raise CellUnfit(why="not_an_order_number")
    return said


def _words_kept(text: str) -> str:
    """With its line breaks."""
    if len(text) > LONGEST_WORDS:
        raise CellUnfit(why="too_long", most=LONGEST_WORDS)
    return text


def _moment(text: str) -> datetime:
    return _read_moment(text)[0]


def _moment_by(text: str) -> datetime:
    """By a day is by its end."""
    at, is_day = _read_moment(text)
    return at + END_OF_DAY if is_day else at


def _read_moment(text: str) -> tuple[datetime, bool]:
    """Without a zone it is the neighbourhood's time."""
    found = _MOMENT.fullmatch(narrow(text))
    if found is None:
        raise CellUnfit(why="not_a_moment")
    parts = [int(one) for one in found.groups()[:-1] if one is not None]
    zone = found.groups()[-1]
    try:
        at = datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001
        away = datetime.strptime(zone, "%z").tzinfo if zone else SHANGHAI
        return at.replace(tzinfo=away), len(parts) == _DAY_LENGTH
    except (ValueError, OverflowError) as wrong:
        raise CellUnfit(why="not_a_moment") from wrong


def _one_of(table: str, values: Mapping[str, Any]) -> Callable[[str], Any]:
    """By the words that `table` lists. Raises CellUnfit for others."""

    def read_one(text: str) -> Any:
        said, named = narrow(text), load("hotline")[table]
        for key, value in values.items():
            if said in named[key]:
                return value
        options = "、".join(named[key][0] for key in values)
        raise CellUnfit(why="unknown", options=options)

    return read_one


def _state(text: str) -> str | None:
    """Most of what they say of an order's way is nothing that we act upon."""
    named = load("hotline")["state"]
    return next((key for key, words in named.items() if narrow(text) in words), None)


READERS: Mapping[str, cells.Reader] = {
    **cells.READERS,
    "order_number": _order_number,
    "words_kept": _words_kept,
    "moment": _moment,
    "moment_by": _moment_by,
    "order_urgency": _one_of("urgency", URGENCIES),
    "order_state": _state,
    "yes_no": _one_of("yes_no", {"yes": True, "no": False}),
}
