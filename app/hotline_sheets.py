"""Sheets for the hotline: what became of its orders, and rows that have to be mended."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO

from bots.rendering import label
from config.policy import load
from jobs.sheets import BOM, Value, csv_line, write_excel
from models.exports import ExportForm
from models.hotline.batches import RefusedRow
from models.hotline.results import Result
from models.localtime import local


def results_sheet(form: ExportForm, results: Iterable[Result]) -> bytes:
    """In the hotline's columns: numbers as text, moments with their zone, words as they are."""
    words = load("hotline")["result"]
    return _sheet(form, words["title"], list(words["heading"].values()), map(row_of, results))


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
    return _sheet(ExportForm.EXCEL, words["title"], named, cells)


def _sheet(
    form: ExportForm, title: str, headings: Sequence[str], rows: Iterable[Sequence[Value]]
) -> bytes:
    if form == ExportForm.CSV:
        return (BOM + "".join(csv_line(one) for one in (headings, *rows))).encode()
    out = BytesIO()
    write_excel(out, title, headings, rows)
    return out.getvalue()


def _moment(at: datetime) -> str:
    return local(at).isoformat(" ", "seconds")


def _unit(one: Result) -> str | None:
    if one.department:
        return label(one.department, "department")
    return label(one.role, "role") if one.role else None
