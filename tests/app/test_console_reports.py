"""Reports: every number opens a list of that length, and nobody reads past their areas."""

import io
import re
from datetime import date, timedelta
from html import unescape
from random import Random

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, select

from models.metrics import rollups
from models.metrics.periods import Period
from models.places import Area, AreaKind
from models.reports import making
from models.reports.table import REPORTS, Edition, Report
from models.tickets.table import About, Ticket
from tests.app.visitor import House, Visitor
from tests.factories import MORNING, area_named, building, ticket
from tests.matters import scatter

SEED = 20260303
MANY = 120
PERIODS = {
    Edition.WEEKLY: Period(date(2026, 2, 23), date(2026, 3, 1)),
    Edition.MONTHLY: Period(date(2026, 2, 1), date(2026, 2, 28)),
    Edition.QUARTERLY: Period(date(2026, 1, 1), date(2026, 3, 31)),
    Edition.ANNUAL: Period(date(2026, 1, 1), date(2026, 12, 31)),
}
NUMBER = re.compile(r'<a class="number" href="([^"]+)">(\d+)</a>')
BARE = re.compile(r'<span class="number">(\d+)</span>')
TICKET = re.compile(r'href="/console/tickets/(\d+)"')


@pytest.fixture
def filled(house: House) -> House:
    """Matters in every state, and a report of each kind for every area that can have one."""
    with house.database.writing() as session:
        scatter(session, Random(SEED), MANY, MORNING)
        rollups.roll_up(session, MORNING, MANY // 4)
        said = session.scalars(select(Ticket.id).where(Ticket.about.is_(None)).limit(9)).all()
        topics = [{"word": "装修", "tickets": list(said), "before": 2}]
        kinds = (AreaKind.SUBDISTRICT, AreaKind.COMMUNITY, AreaKind.GRID)
        for area_id in session.scalars(select(Area.id).where(Area.kind.in_(kinds))).all():
            for edition, period in PERIODS.items():
                making.keep(session, edition, area_id, period, topics, MORNING)
    return house


def path_of(house: House, name: str, edition: Edition = Edition.MONTHLY) -> str:
    with house.database.reading() as session:
        area_id = area_named(session, name).id
        found = select(Report.id).where(Report.area_id == area_id, Report.edition == edition)
        return f"/console/reports/{session.scalars(found).one()}"


def length(visitor: Visitor, address: str) -> int:
    """Of a list, page by page: what each row adds to the number."""
    total = 0
    while True:
        answer = visitor.get(address)
        assert answer.status_code == 200, address
        rows = re.findall(r'<li class="(?:box|row[^"]*)">.*?</li>', answer.text, re.DOTALL)
        for row in rows:
            voices = re.search(r"(\d+) 个评价", row)
            total += int(voices[1]) if voices else 1
        more = re.search(r'href="([^"]+(?:below|from)=\d+)"[^>]*>再看', answer.text)
        if more is None:
            return total
        address = unescape(more[1])


READERS = [
    ("community_staff", "幸福社区"),
    ("subdistrict_staff", "和顺街道"),
    ("grid_leader", "幸福第一网格"),
]


@pytest.mark.parametrize(("role", "name"), READERS)
def test_every_number_of_every_report_opens_a_list_of_that_length(
    filled: House, role: str, name: str
) -> None:
    reader, chance, opened = filled.signed_in(role), Random(SEED), 0
    for edition in REPORTS:
        page = reader.get(path_of(filled, name, edition)).text
        assert set(BARE.findall(page)) <= {"0"}, "a number without its list"
        found = [(unescape(address), int(number)) for address, number in NUMBER.findall(page)]
        topics = [one for one in found if "/topics/" in one[0]]
        for address, number in [*topics, *chance.sample(found, 8)]:
            assert length(reader, address) == number > 0, address
            opened += 1
    assert opened == 9 * len(REPORTS)


def test_the_accused_find_no_trace_in_figures_topics_or_sheet(filled: House) -> None:
    path = path_of(filled, "幸福第一网格")
    leader, above = filled.signed_in("grid_leader"), filled.signed_in("community_staff")
    before, seen_before = leader.get(path).text, above.get(path).text
    sheet_before = cells(leader.get(f"{path}/excel").data)
    with filled.database.writing() as session:
        at = MORNING - timedelta(days=20)
        number = ticket(session, building(session, 3), at, about=About.GRID).id
        report = session.get_one(Report, int(path.rpartition("/")[2]))
        report.topics = [{"word": "装修", "tickets": [*topic_ids(report), number], "before": 2}]
    assert NUMBER.findall(leader.get(path).text) == NUMBER.findall(before)
    assert NUMBER.findall(above.get(path).text) != NUMBER.findall(seen_before)
    assert cells(leader.get(f"{path}/excel").data) == sheet_before
    assert str(number) not in TICKET.findall(leader.get(f"{path}/topics/1").text)
    assert str(number) in TICKET.findall(above.get(f"{path}/topics/1").text)


def topic_ids(report: Report) -> list[int]:
    ids: list[int] = report.topics[0]["tickets"]
    return ids


def cells(content: bytes) -> list[tuple[object, ...]]:
    book = load_workbook(io.BytesIO(content))
    return [row for sheet in book for row in sheet.iter_rows(values_only=True)]


def test_a_report_of_another_area_is_as_if_it_did_not_exist(filled: House) -> None:
    leader, other = filled.signed_in("grid_leader"), filled.signed_in("community_staff", 3)
    path = path_of(filled, "幸福社区")
    for visitor in (leader, other):
        for tail in ("", "/excel", "/topics/1"):
            assert visitor.get(path + tail).status_code == 404
        assert path not in visitor.get("/console/reports?edition=monthly").text
    assert leader.get("/console/reports/99999").status_code == 404
    staff = filled.signed_in("community_staff")
    assert path in staff.get("/console/reports?edition=monthly").text
    for number in (0, 2, 99):
        assert staff.get(f"{path}/topics/{number}").status_code == 404


def test_the_workbook_says_what_the_page_says_with_charts_of_its_own(filled: House) -> None:
    staff, path = filled.signed_in("community_staff"), path_of(filled, "幸福社区")
    page, answer = staff.get(path).text, staff.get(f"{path}/excel")
    assert "filename*=UTF-8''%E5%B9%B8%E7%A6%8F" in answer.headers["Content-Disposition"]
    book = load_workbook(io.BytesIO(answer.data))
    titles = re.findall(r'<h2 id="\w+-title">([^<]+)</h2>', page)
    assert book.sheetnames == [one for one in titles if one != "说得更多的词"]
    assert sum(len(sheet._charts) for sheet in book) == page.count("data-chart=")
    on_page = sorted(int(number) for _, number in NUMBER.findall(page.split("<table", 1)[1]))
    whole = (cell for sheet in book for row in sheet.iter_rows() for cell in row)
    in_book = sorted(cell.value for cell in whole if cell.number_format == "0" and cell.value)
    assert in_book == on_page


def test_the_list_of_reports_is_by_kind_and_says_when_there_are_none(house: House) -> None:
    staff = house.signed_in("community_staff")
    for edition in ("weekly", "monthly", "quarterly", "annual", "century"):
        assert "自动生成" in staff.get(f"/console/reports?edition={edition}").text


def test_a_report_asks_the_store_little(filled: House) -> None:
    """As many statements, however much there is to count."""
    staff, asked = filled.signed_in("community_staff"), []
    event.listen(
        filled.database.reader, "before_cursor_execute", lambda *args: asked.append(args[2])
    )
    for edition in REPORTS:
        asked.clear()
        assert staff.get(path_of(filled, "幸福社区", edition)).status_code == 200
        assert len(asked) <= 40, (edition, len(asked))
