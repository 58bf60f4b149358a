"""Runs a sheet through the verbs: as a trial that leaves nothing behind, or for good and whole."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from config.policy import load
from models.errors import DomainError, NotAllowed
from models.imports import areas, posts
from models.imports.cells import Cells, Problem, Row
from models.imports.places import Places
from models.imports.residents import Residents
from models.imports.work import Line, Verdict, Work
from models.roster import rights
from models.roster.rights import Right

Take = Callable[[Cells], Verdict]

SHOWN = ("name", "estate", "place", "number", "unit", "room", "outer")


class ImportRefused(DomainError):
    """Rows that can not be taken in keep everything out."""

    template = "import_refused"


class TooManyRows(DomainError):
    """More than is taken in at once: others wait for the store meanwhile."""

    template = "too_many_rows"


class _Undone(Exception):
    """Leaves the savepoint of a trial."""


def right_for(kind: str) -> Right:
    return Right(load("imports")["kind"][kind]["right"])


def kinds_for(session: Session, by: int, at: datetime) -> list[str]:
    """What somebody may bring in."""
    return [
        kind
        for kind in load("imports")["kind"]
        if rights.places_of(session, right_for(kind), by, at)
    ]


def check(session: Session, kind: str, rows: Sequence[Row], by: int, at: datetime) -> list[Line]:
    """What taking the rows in would do. Nothing of it stays."""
    lines: list[Line] = []
    try:
        with session.begin_nested():
            lines = _lines(session, kind, rows, by, at)
            raise _Undone
    except _Undone:
        return lines


def take_in(session: Session, kind: str, rows: Sequence[Row], by: int, at: datetime) -> list[Line]:
    """All of it. Raises ImportRefused when one row can not be: then nothing was done."""
    with session.begin_nested():
        lines = _lines(session, kind, rows, by, at)
        refused = sum(one.verdict == Verdict.REFUSED for one in lines)
        if refused:
            raise ImportRefused(number=refused)
    return lines


def _lines(session: Session, kind: str, rows: Sequence[Row], by: int, at: datetime) -> list[Line]:
    most = load("imports")["kind"][kind]["most"]
    if len(rows) > most:
        raise TooManyRows(most=most)
    places = rights.places_of(session, right_for(kind), by, at)
    if not places:
        raise NotAllowed(number=kind)
    work = Work(session, by, at, Places(session, places))
    take = _taker(kind, work, rows)
    lines = [_line(row, take) for row in rows]
    for finish in work.at_end:
        finish()
    session.flush()
    return lines


def _taker(kind: str, work: Work, rows: Sequence[Row]) -> Take:
    if kind == "residents":
        residents = Residents(work)
        residents.look_up(rows)
        work.at_end.append(residents.finish)
        return residents.take
    verbs = {
        "areas": areas.take_area,
        "buildings": areas.take_building,
        "posts": posts.take_post,
    }
    return lambda cells: verbs[kind](work, cells)


def _line(row: Row, take: Take) -> Line:
    what = _what(row.cells)
    if row.problems:
        return Line(row.number, what, Verdict.REFUSED, row.problems)
    try:
        verdict = take(row.cells)
    except DomainError as refusal:
        column = refusal.context.get("column") or refusal.context.get("field")
        problem = Problem(str(column) if column else None, refusal)
        return Line(row.number, what, Verdict.REFUSED, (problem,))
    return Line(row.number, what, verdict)


def _what(cells: Mapping[str, object]) -> str:
    """A few words by which a person knows the row again."""
    return " ".join(str(cells[key]) for key in SHOWN if cells.get(key))
