"""热线工单: orders of 12345 brought as files, joins looked at, results handed back."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

from flask import Response, redirect, request, url_for

from app.console.access import page
from app.console.desk import Desk
from app.console.fields import number_in
from app.console.rendering import render, status_of, words_of
from app.hotline_sheets import refused_sheet, write_results
from app.sheets import LARGEST_FILE, read_grid
from bots import hotline as intake
from config.policy import load
from models.errors import DomainError, NotFound
from models.exports import ExportForm
from models.hotline import batches, orders, results
from models.hotline import desk as hotline_desk
from models.hotline.desk import Wanted, Which
from models.localtime import midnight

PAGE = 20
TYPES = {
    ExportForm.EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportForm.CSV: "text/csv; charset=utf-8",
}


@page("/hotline")
def hotline(desk: Desk) -> Any:
    return _page(desk)


@page("/hotline", "POST")
def hotline_bring(desk: Desk) -> Any:
    """Its rows are taken in by the queue; the page tells how far it is."""
    brought = request.files.get("file")
    try:
        grid = read_grid(brought.read(LARGEST_FILE + 1) if brought else b"")
        with desk.writing() as session:
            name = (brought.filename or "") if brought else ""
            source = request.form.get("source", "")
            by = desk.staff.person_id
            batch = batches.keep(session, source, name, grid, by=by, at=desk.now)
            batches.ask_taking(session, batch, desk.now)
    except DomainError as refusal:
        return _page(desk, words_of(refusal)), status_of(refusal)
    return redirect(url_for("console.hotline", done="brought"))


@page("/hotline/files/<int:batch_id>.xlsx")
def hotline_refused(desk: Desk, batch_id: int) -> Any:
    """The rows that were not taken in, to be mended and brought again."""
    with desk.reading() as session:
        batch = batches.own(session, batch_id, desk.staff.person_id)
        headings, rows = batches.refused_of(batch)
        if not rows:
            raise NotFound(number=str(batch_id))
    return _file(refused_sheet(headings, rows), ExportForm.EXCEL, f"hotline-mend-{batch_id}")


@page("/hotline/results", "POST")
def hotline_results(desk: Desk) -> Any:
    """What is taken here has gone back; all of a period can be taken again."""
    try:
        form = ExportForm(request.form.get("form", ExportForm.EXCEL))
        wanted = _wanted()
    except ValueError as wrong:
        raise NotFound from wrong
    by, sheet = desk.staff.person_id, BytesIO()
    # Written while nobody waits for the store; it is held for the marks alone.
    with desk.reading() as session:
        found = hotline_desk.all_results(session, by, wanted, desk.now)
        told = write_results(form, sheet, found)
    with desk.writing() as session:
        results.hand_over(session, told, by=by, at=desk.now)
    return _file(sheet.getvalue(), form, f"hotline-{desk.now:%Y%m%d%H%M}")


@page("/hotline/orders/<int:order_id>", "POST")
def hotline_act(desk: Desk, order_id: int) -> Any:
    by, asked = desk.staff.person_id, request.form.get("act", "")
    try:
        with desk.writing() as session:
            row = hotline_desk.order_in(session, order_id, by, desk.now)
            if asked == "part":
                intake.part(session, row, desk.office.lexicon(), by=by, at=desk.now)
            elif asked == "give_back":
                reason = request.form.get("reason", "")
                orders.give_back(session, row, reason, by=by, at=desk.now)
            else:
                raise NotFound(number=asked)
    except NotFound:
        raise
    except DomainError as refusal:
        return _page(desk, words_of(refusal)), status_of(refusal)
    return redirect(url_for("console.hotline", done=asked))


def _page(desk: Desk, problem: str | None = None) -> str:
    by, before = desk.staff.person_id, number_in(request.args.get("before", ""))
    source = load("hotline")["default_source"]
    with desk.reading() as session:
        found = hotline_desk.orders(session, by, before, PAGE + 1, desk.now)
        return render(
            "hotline.html",
            orders=found[:PAGE],
            next=found[PAGE - 1].order.id if len(found) > PAGE else None,
            waiting=hotline_desk.waiting(session, by, source, desk.now),
            files=batches.latest(session, by),
            sources=load("hotline")["sources"],
            chosen=source,
            done=request.args.get("done"),
            problem=problem,
            now=desk.now,
        )


def _wanted() -> Wanted:
    """Raises ValueError for what is no day."""
    first, last = request.form.get("from"), request.form.get("to")
    source = request.form.get("source", load("hotline")["default_source"])
    return Wanted(
        source,
        Which(request.form.get("which", Which.NEW)),
        midnight(date.fromisoformat(first)) if first else None,
        midnight(date.fromisoformat(last) + timedelta(days=1)) if last else None,
    )


def _file(sheet: bytes, form: ExportForm, name: str) -> Response:
    response = Response(sheet, mimetype=TYPES[form])
    response.headers["Content-Disposition"] = f"attachment; filename={name}.{form}"
    return response
