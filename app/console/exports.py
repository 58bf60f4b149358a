"""Lists taken away as sheets: short ones at once, long ones written in the background."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Response, redirect, request, send_from_directory, url_for

from app.console.access import may_take, page
from app.console.desk import Desk
from app.console.rendering import render
from jobs import listings
from jobs.exports import write_file
from models import access_log
from models import exports as asked
from models.errors import NotFound
from models.exports import ExportForm, ExportState

AT_ONCE = 5_000  # rows
KINDS = {
    ExportForm.EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportForm.CSV: "text/csv",
}


@page("/exports")
def exports(desk: Desk) -> Any:
    with desk.reading() as session:
        latest = asked.latest(session, desk.staff.person_id)
        return render(
            "exports.html",
            latest=latest,
            title_of=listings.title,
            is_waiting=any(one.state == ExportState.WAITING for one in latest),
            now=desk.now,
        )


@page("/exports/<listing>", "POST")
def export_take(desk: Desk, listing: str) -> Any:
    """What stands on the list with the conditions it has; that it was taken is written down."""
    found = listings.find(listing)
    if found is None or not may_take(listing, desk.staff.roles):
        raise NotFound(number=listing)
    form = ExportForm.CSV if request.form.get("form") == ExportForm.CSV else ExportForm.EXCEL
    query = {
        key: request.form[f"query_{key}"] for key in found.keys if request.form.get(f"query_{key}")
    }
    by = desk.staff.person_id
    with desk.reading() as session:
        total = found.count(session, by, query, desk.now, listings.MOST_COUNTED)
    if total > AT_ONCE:
        with desk.writing() as session:
            asked.ask(session, listing, form, query, total, by=by, at=desk.now)
        return redirect(url_for("console.exports"))
    return _at_once(desk, listing, form, query)


@page("/exports/<int:export_id>/file")
def export_file(desk: Desk, export_id: int) -> Any:
    with desk.reading() as session:
        export = asked.file_of(session, export_id, desk.staff.person_id, desk.now)
        name, listing, form = export.file_name, export.listing, export.form
    folder = desk.settings.data_dir.absolute() / "exports"
    answer = send_from_directory(folder, name, mimetype=KINDS[form])
    return _named(answer, listing, form)


def _at_once(desk: Desk, listing: str, form: ExportForm, query: Mapping[str, str]) -> Response:
    by = desk.staff.person_id
    rows = listings.all_rows(desk.office.database, listing, by, query, desk.now)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list.{form}"
        written = write_file(path, form, listing, rows)
        content = path.read_bytes()
    with desk.writing() as session:
        access_log.record_list(session, by, listing, written, desk.now)
    return _named(Response(content, mimetype=KINDS[form]), listing, form)


def _named(answer: Response, listing: str, form: ExportForm) -> Response:
    answer.headers["Content-Disposition"] = f"attachment; filename=linli-{listing}.{form}"
    return answer
