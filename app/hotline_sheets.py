"""Sheets for the hotline: what became of its orders, and rows that have to be mended."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import BytesIO
from typing import BinaryIO

from bots.rendering import label
from config.policy import load
from jobs.sheets import BOM, Value, csv_line, write_excel
from models.exports import ExportForm
from models.hotline.batches import RefusedRow
from models.hotline.results import Result, Told
from models.localtime import local


def write_results(form: ExportForm, out: BinaryIO, found: Iterable[Result]) -> list[Told]:
    """In the hotline's columns: numbers as text, moments with their zone, words as they are.

    Of each row only what handing it over takes stays in memory.
    """
    words, told = load("hotline")["result"], []

    def rows() -> Iterator[Sequence[Value]]:
        for one in found:
            told.append(one.told)
            yield row_of(one)

    _write(form, out, words["title"], list(words["heading"].values()), rows())
    return told


def row_of(one: Result) -> Sequence[Value]:
    words = load("hotline")
    solved = {True: "yes", False: "no"}.get(one.is_solved) if one.is_solved is not None else None
    told = {
        "number": one.number,
        "called_at": _moment(one.called_at),
        "title_of_order": one.title,
        "outcome": words["outcome"][one.outcome],
        "words": one.words,
        "ended_at": _moment(one.ended_at),
        "unit": _unit(one),
        "is_solved": words["solved"][solved] if solved else None,
        "stars": one.stars,
        "rated_at": _moment(one.rated_at) if one.rated_at else None,
        "ticket": f"#{one.ticket_id}",
    }
    return [told[key] for key in words["result"]["heading"]]


def refused_sheet(headings: Sequence[str], rows: Iterable[RefusedRow]) -> bytes:
    """As they were written, with why they stayed out: mended it can be brought as it is."""
    words = load("hotline")["refused"]
    width = len(headings)
    cells = (
        [*(list(one.cells) + [""] * width)[:width], str(one.number), "\n".join(one.reasons)]
        for one in rows
    )
    named = [*headings, words["row"], words["reason"]]
    out = BytesIO()
    _write(ExportForm.EXCEL, out, words["title"], named, cells)
    return out.getvalue()


def _write(
    form: ExportForm,
    out: BinaryIO,
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[Value]],
) -> None:
    if form == ExportForm.EXCEL:
        write_excel(out, title, headings, rows)
        return
    out.write((BOM + csv_line(headings)).encode())
    out.writelines(csv_line(one).encode() for one in rows)


def _moment(at: datetime) -> str:
    return local(at).isoformat(" ", "seconds")


def _unit(one: Result) -> str | None:
    if one.department:
        return label(one.department, "department")
    return label(one.role, "role") if one.role else None
