"""The digests on a page: each number is the length of the list it opens."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from random import Random

import pytest
from sqlalchemy import func, select

from jobs.digests import evening_digest, morning_digest
from models.access_log import Access
from models.digests.affairs import TABLES
from models.outbox import Delivery, OutboxMessage
from models.tickets.table import About, Ticket
from tests import affairs
from tests.app.visitor import House, Visitor
from tests.factories import MORNING as TUESDAY
from tests.factories import building, ticket
from tests.matters import scatter
from tests.statements import counted

MORNING = datetime(2026, 3, 4, 0, 0, tzinfo=UTC)  # Wednesday, 8:00
FIGURE = re.compile(r'href="(/console/digests/\d+/\w+)"><span class="number">(\d+)</span>')


@pytest.fixture
def told(house: House) -> House:
    """Sixty new matters, one of them unheard of by its reporter, and the digest of the morning."""
    with house.database.writing() as session:
        for count in range(60):
            late = ticket(session, building(session, count % 8 + 1), TUESDAY)
            late.resolve_due_at = MORNING + timedelta(hours=count - 20)
    with house.database.writing() as session:
        first = session.scalars(select(OutboxMessage).where(OutboxMessage.ticket_id == 1)).first()
        assert first is not None
        first.person_id, first.state = late.reporter_id, Delivery.HELD
    morning_digest(house.database, MORNING)
    house.now = MORNING + timedelta(minutes=5)
    return house


def figures_of(visitor: Visitor) -> list[tuple[str, str]]:
    return FIGURE.findall(visitor.get("/console/digests").text)


def rows(visitor: Visitor, path: str) -> int:
    """Of all pages of a list."""
    answer = visitor.get(path)
    assert answer.status_code == 200, path
    more = re.search(r'rel="next" href="([^"]+)"', answer.text)
    further = rows(visitor, unescape(more[1])) if more else 0
    return answer.text.count('<li class="row') + further


def test_every_number_of_a_digest_opens_a_list_of_that_length(told: House) -> None:
    staff = told.signed_in("community_staff")
    page = staff.get("/console/digests").text
    figures = FIGURE.findall(page)
    assert {path.rpartition("/")[2] for path, _ in figures} >= {
        *("overdue", "due_today", "waiting", "new_yesterday", "vacant", "unreached")
    }
    for path, number in figures:
        assert rows(staff, path) == int(number) > 0, path
        assert f'共 <strong class="number">{number}</strong>' in staff.get(path).text
    topics = re.search(r'href="(/console/digests/\d+/topics)">([^<]+)<', page)
    assert topics is not None
    assert rows(staff, topics[1]) == sum(map(int, re.findall(r"\d+", topics[2]))) == 60


def test_so_it_is_of_matters_in_every_state(house: House) -> None:
    with house.database.writing() as session:
        tickets = scatter(session, Random(20260303), 80, MORNING)
        affairs.scatter(session, Random(20260303), tickets, 60, MORNING)
    evening_digest(house.database, MORNING - timedelta(hours=14, minutes=30))
    morning_digest(house.database, MORNING)
    house.now = MORNING + timedelta(minutes=5)
    opened: set[str] = set()
    for count in (1, 3):  # of two communities
        staff = house.signed_in("community_staff", count)
        for day in ("2026-03-03", "2026-03-04"):
            page = staff.get(f"/console/digests?on={day}").text
            for path, number in FIGURE.findall(page):
                assert rows(staff, path) == int(number), path
                opened.add(path.rpartition("/")[2])
            topics = re.search(r'href="(/console/digests/\d+/topics)">([^<]+)<', page)
            if topics is not None:
                assert rows(staff, topics[1]) == sum(map(int, re.findall(r" (\d+)", topics[2])))
    assert opened >= {*TABLES, "unanswered", "overdue", "working"}


def test_the_days_before_can_be_read_and_a_bent_address_shows_the_latest(told: House) -> None:
    evening_digest(told.database, MORNING - timedelta(hours=14, minutes=30))
    staff = told.signed_in("community_staff")
    assert "幸福社区早报" in staff.get("/console/digests").text
    before = staff.get("/console/digests?on=2026-03-03").text
    assert "幸福社区晚报" in before and "早报" not in before
    assert "幸福社区早报" in staff.get("/console/digests?on=2026-13-99").text


def test_nobody_reads_the_digest_of_another(told: House) -> None:
    mine = FIGURE.findall(told.signed_in("community_staff").get("/console/digests").text)
    other, leader = told.signed_in("community_staff", 3), told.signed_in("grid_leader")
    for path, _ in mine:
        assert other.get(path).status_code == leader.get(path).status_code == 404
    assert "还没有发给您的" in leader.get("/console/digests").text
    staff = told.signed_in("community_staff")
    for path in ("/console/digests/99999/overdue", mine[0][0].replace("overdue", "hazards")):
        assert staff.get(path).status_code == 404


def test_what_is_about_the_reader_by_now_is_neither_counted_nor_listed(told: House) -> None:
    staff = told.signed_in("community_staff")
    with told.database.writing() as session:
        ticket(session, building(session), TUESDAY)
        for one in session.scalars(select(Ticket).where(Ticket.id <= 10)):
            one.about = About.COMMUNITY
    found = dict(FIGURE.findall(staff.get("/console/digests").text))
    path = next(path for path in found if path.endswith("new_yesterday"))
    assert found[path] == "50" and rows(staff, path) == 50


def test_whose_name_and_home_were_shown_is_kept_in_the_log(told: House) -> None:
    staff = told.signed_in("community_staff")
    path = next(
        path
        for path, _ in FIGURE.findall(staff.get("/console/digests").text)
        if path.endswith("unreached")
    )
    assert "居民A" in staff.get(path).text
    with told.database.reading() as session:
        assert session.scalar(select(func.count(Access.id))) == 1


def test_the_page_asks_the_store_little(told: House) -> None:
    with told.database.writing() as session:
        tickets = session.scalars(select(Ticket)).all()
        affairs.scatter(session, Random(8), list(tickets), 40, MORNING)
    morning_digest(told.database, MORNING + timedelta(minutes=1))
    staff = told.signed_in("community_staff")
    for page in ("/console/digests", *(path for path, _ in figures_of(staff))):
        staff.get(page)
        with counted(told.database) as asked:
            assert staff.get(page).status_code == 200
        assert len(asked) <= 12, (page, asked)
