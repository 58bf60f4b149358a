"""Sheets that staff bring in: checked row by row first, then taken in whole or not at all."""

import io
from typing import Any

from flask import Response, redirect, request, url_for

from app.console.access import page
from app.console.desk import Desk
from app.console.rendering import render, status_of, words_of
from app.import_templates import write_template
from app.sheets import LARGEST_FILE, read_grid
from config.policy import load
from models.errors import AlreadyDone, DomainError, NotFound
from models.imports import running, table
from models.imports.cells import heading_of
from models.imports.running import ImportRefused
from models.imports.work import Line

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@page("/imports")
def imports(desk: Desk) -> Any:
    return _page(desk)


@page("/imports", "POST")
def import_check(desk: Desk) -> Any:
    """Tries the rows, and keeps them until somebody has seen what they would do."""
    kind = _kind(desk, request.form.get("kind", ""))
    brought = request.files.get("file")
    try:
        grid = read_grid(brought.read(LARGEST_FILE + 1) if brought else b"")
        with desk.writing() as session:
            name = (brought.filename or "") if brought else ""
            sheet = table.keep(session, kind, name, grid, by=desk.staff.person_id, at=desk.now)
            number = sheet.id
    except DomainError as refusal:
        return _page(desk, words_of(refusal)), status_of(refusal)
    return redirect(url_for("console.import_shown", sheet_id=number))


@page("/imports/<int:sheet_id>")
def import_shown(desk: Desk, sheet_id: int) -> Any:
    """What taking it in would do, row by row."""
    return _shown(desk, sheet_id)


@page("/imports/<int:sheet_id>/apply", "POST")
def import_apply(desk: Desk, sheet_id: int) -> Any:
    try:
        with desk.writing() as session:
            sheet = table.own(session, sheet_id, desk.staff.person_id)
            table.take_in(session, sheet, by=desk.staff.person_id, at=desk.now)
    except ImportRefused as refusal:
        with desk.writing() as session:
            sheet = table.own(session, sheet_id, desk.staff.person_id)
            table.try_again(session, sheet, by=desk.staff.person_id, at=desk.now)
        return _shown(desk, sheet_id, words_of(refusal)), status_of(refusal)
    except AlreadyDone as refusal:
        return _shown(desk, sheet_id, words_of(refusal)), status_of(refusal)
    return redirect(url_for("console.import_shown", sheet_id=sheet_id))


@page("/imports/<int:sheet_id>/drop", "POST")
def import_drop(desk: Desk, sheet_id: int) -> Any:
    with desk.writing() as session:
        table.drop(table.own(session, sheet_id, desk.staff.person_id), desk.now)
    return redirect(url_for("console.imports"))


@page("/imports/template/<kind>.xlsx")
def import_template(desk: Desk, kind: str) -> Any:
    """An empty sheet with the right headings, and a second one that explains them."""
    out = io.BytesIO()
    write_template(out, _kind(desk, kind))
    response = Response(out.getvalue(), mimetype=EXCEL)
    response.headers["Content-Disposition"] = f"attachment; filename=linli-{kind}.xlsx"
    return response


def _kind(desk: Desk, asked: str) -> str:
    with desk.reading() as session:
        if asked not in running.kinds_for(session, desk.staff.person_id, desk.now):
            raise NotFound(number=asked)
    return asked


def _page(desk: Desk, problem: str | None = None) -> str:
    by = desk.staff.person_id
    with desk.reading() as session:
        return render(
            "imports.html",
            kinds={
                one: load("imports")["kind"][one]
                for one in running.kinds_for(session, by, desk.now)
            },
            latest=table.latest(session, by),
            labels=load("imports")["kind"],
            chosen=request.form.get("kind") or request.args.get("kind"),
            problem=problem,
        )


def _shown(desk: Desk, sheet_id: int, problem: str | None = None) -> str:
    with desk.reading() as session:
        sheet = table.own(session, sheet_id, desk.staff.person_id)
        trial = table.trial_shown(sheet)
        return render(
            "import_shown.html",
            sheet=sheet,
            label=load("imports")["kind"][sheet.kind]["label"],
            trial=trial,
            counts=trial.counts if trial else sheet.done,
            refused=[(one, _reasons(sheet.kind, one)) for one in trial.refused] if trial else [],
            problem=problem,
        )


def _reasons(kind: str, line: Line) -> list[tuple[str, str]]:
    """Column and reason, in words."""
    return [(heading_of(kind, one.column), words_of(one.refusal)) for one in line.problems]
