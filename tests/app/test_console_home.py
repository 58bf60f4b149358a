"""The page of the day: every number opens a list just as long."""

import re
from datetime import timedelta

import pytest

from app.console.home import LISTS
from models.ticket_flow import Action
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Ticket
from models.whistles import calling
from tests.app.test_console_queue import queries_of
from tests.app.visitor import House
from tests.factories import building, demo_person, ticket


@pytest.fixture
def day(house: House) -> list[int]:
    """Twelve matters in every stage of their lives."""
    made = []
    with house.database.writing() as session:
        for number in range(12):
            one = ticket(
                session, building(session, number % 4 + 1), house.now, text=f"第{number}件"
            )
            made.append(one.id)
            owner = Actor(one.owner_id)
            if number % 2:
                apply(session, one, Action.ACCEPT, by=owner, at=house.now)
            if number == 3:
                until = house.now + timedelta(days=2)
                apply(
                    session, one, Action.SUSPEND, by=owner, at=house.now, reason="等", until=until
                )
            if number == 4:
                apply(session, one, Action.SEND_BACK, by=owner, at=house.now, reason="不归我")
        for number in made[6:9]:
            session.get_one(Ticket, number).resolve_due_at = house.now - timedelta(hours=1)
        for number in made[9:11]:
            session.get_one(Ticket, number).resolve_due_at = house.now + timedelta(hours=3)
        who = demo_person(session, "community_staff")
        whistled = session.get_one(Ticket, made[0])
        calling.sound(session, whistled, ["fire"], by=who, at=house.now)
    return made


@pytest.mark.parametrize("role", ["community_staff", "grid_worker", "subdistrict_staff"])
def test_each_number_opens_a_list_just_as_long(house: House, day: list[int], role: str) -> None:
    visitor = house.signed_in(role)
    page = visitor.get("/console/").text
    told = re.findall(r'class="figure[^"]*" href="([^"]+)"><span class="number">(\d+)</span>', page)
    assert len(told) == len(LISTS)
    for path, number in told:
        listed = visitor.get(path.replace("&amp;", "&")).text
        assert f'共 <strong class="number">{number}</strong>' in listed, path
        assert len(re.findall(r'name="ids"', listed)) == int(number), path
    if role == "community_staff":
        assert dict(told)["/console/tickets?due=overdue"] == "3"
        assert dict(told)["/console/tickets?returned=1"] == "1"
        assert dict(told)["/console/tickets?whistled=1"] == "1"


def test_what_is_late_stands_on_the_page_itself(house: House, day: list[int]) -> None:
    page = house.signed_in("community_staff").get("/console/").text
    assert page.count('class="row brief') == 5
    assert f"#{day[6]}" in page


def test_a_called_department_finds_its_call_there(house: House, day: list[int]) -> None:
    page = house.signed_in("department_liaison", 2).get("/console/").text
    assert "请您部门报到" in page and f"#{day[0]}" in page and "还没报到" in page


def test_an_administrator_reads_no_matter(house: House, day: list[int]) -> None:
    admin = house.signed_in("admin")
    admin.confirm()
    page = admin.get("/console/").text
    assert "不看居民的工单" in page and "第1件" not in page
    assert admin.get("/console/tickets").status_code == 403


def test_a_quiet_day_says_so(house: House) -> None:
    page = house.signed_in("community_staff").get("/console/").text
    assert "没有超期的，今天也没有要到期的" in page


def test_the_day_takes_few_queries(house: House, day: list[int]) -> None:
    visitor = house.signed_in("community_staff")
    visitor.get("/console/")
    assert queries_of(house.database, lambda: visitor.get("/console/")) <= 14
