"""Reports of the areas one supervises, as page, workbook and PDF; each number opens its list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Response, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.fields import number_in
from app.console.rendering import render
from app.reports.building import document
from app.reports.document import Cell, Document, Table
from app.reports.excel import workbook
from app.reports.pdf import printed
from config.policy import load
from models.errors import NotFound
from models.metrics import sight as figures_sight
from models.metrics.figures import Scope
from models.places import Area
from models.reports import readers
from models.reports.composing import Topic, compose, topics_seen
from models.reports.table import REPORTS, Edition, Report
from models.tickets.sight import sight_of
from models.tickets.table import Ticket

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
LISTED = 60
PAGE = 50


@dataclass(frozen=True, slots=True)
class Opened:
    """打开的报告 — as its reader sees it now."""

    report: Report
    document: Document
    topics: Sequence[Topic]


@page("/reports")
def reports(desk: Desk) -> Any:
    given = request.args.get("edition", "")
    edition = Edition(given) if given in list(REPORTS) else Edition.WEEKLY
    with desk.reading() as session:
        areas = _areas(session, desk)
        found = session.execute(
            select(Report, Area.name)
            .join(Area, Area.id == Report.area_id)
            .where(Report.area_id.in_([one.id for one in areas]), Report.edition == edition)
            .order_by(Report.first_on.desc(), Report.area_id)
            .limit(LISTED)
        ).all()
        return render("reports.html", rows=found, edition=edition, editions=REPORTS, mine=areas)


@page("/reports/<int:report_id>")
def report(desk: Desk, report_id: int) -> Any:
    with desk.reading() as session:
        opened = _opened(session, desk, report_id)
        return render(
            "report.html",
            opened=opened,
            now=desk.now,
            charts={one.key: chart_of(one) for one in opened.document.tables if one.chart},
            address=_address,
        )


@page("/reports/<int:report_id>/excel")
def report_excel(desk: Desk, report_id: int) -> Any:
    with desk.reading() as session:
        opened = _opened(session, desk, report_id)
    return _file(workbook(opened.document), EXCEL, f"{_name(opened)}.xlsx")


@page("/reports/<int:report_id>/pdf")
def report_pdf(desk: Desk, report_id: int) -> Any:
    with desk.reading() as session:
        opened = _opened(session, desk, report_id)
    words = load("labels")["report"]
    content = printed(opened.document, opened.topics, desk.now, words)
    return _file(content, PDF, f"{_name(opened)}.pdf")


@page("/reports/<int:report_id>/topics/<int:number>")
def report_topic(desk: Desk, report_id: int, number: int) -> Any:
    with desk.reading() as session:
        found, _ = _found(session, desk, report_id)
        sight = sight_of(session, desk.staff.person_id, desk.now)
        topics = topics_seen(session, found, sight)
        if not 1 <= number <= len(topics):
            raise NotFound(f"no topic {number} in report {report_id}")
        topic = topics[number - 1]
        first = number_in(request.args.get("from", "")) or 0
        ids = topic.tickets[first : first + PAGE]
        tickets = session.scalars(
            select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id)
        ).all()
        return render(
            "report_topic.html",
            report=found,
            topic=topic,
            number=number,
            tickets=tickets,
            next=first + PAGE if len(topic.tickets) > first + PAGE else None,
            now=desk.now,
        )


def chart_of(table: Table) -> Mapping[str, Any]:
    """What the script draws: the numbers that stand in the table."""
    return {
        "look": table.chart.look if table.chart else "",
        "labels": table.labels(),
        "series": [{"name": name, "values": values} for name, values in table.series()],
    }


def _opened(session: Session, desk: Desk, report_id: int) -> Opened:
    found, area = _found(session, desk, report_id)
    sight = sight_of(session, desk.staff.person_id, desk.now)
    hidden = figures_sight.hidden_from(session, sight.served, area.id)
    composed = compose(session, Scope(area.id, found.period, desk.now, hidden), found.edition)
    return Opened(
        found,
        document(session, composed, found.edition),
        topics_seen(session, found, sight),
    )


def _found(session: Session, desk: Desk, report_id: int) -> tuple[Report, Area]:
    """The same refusal for a report of another area as for one there is not."""
    found = session.execute(
        select(Report, Area)
        .join(Area, Area.id == Report.area_id)
        .where(
            Report.id == report_id,
            figures_sight.is_supervised(desk.staff.person_id, desk.now),
        )
    ).first()
    if found is None:
        raise NotFound(f"no report {report_id}")
    report, area = found
    return report, area


def _areas(session: Session, desk: Desk) -> Sequence[Area]:
    mine = figures_sight.supervised(session, desk.staff.person_id, desk.now)
    return readers.inside(session, mine)


def _address(cell: Cell) -> str | None:
    return url_for("console.figures_list", **cell.behind) if cell.behind else None


def _name(opened: Opened) -> str:
    return f"{opened.document.title} {opened.report.first_on.isoformat()}"


def _file(content: bytes, kind: str, name: str) -> Response:
    """Under a Chinese name, as browsers understand it (RFC 6266)."""
    how = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(content, mimetype=kind, headers={"Content-Disposition": how})
