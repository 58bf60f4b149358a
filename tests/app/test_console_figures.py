"""The page of the three rates: every number opens its list, and nobody reads past their areas."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from random import Random

import pytest
from sqlalchemy import event

from models.base import Database
from models.metrics import rollups
from models.places import root_area_id
from models.tickets.table import About
from tests import copies
from tests.app.visitor import House, Visitor
from tests.factories import MORNING, area_named, building, ticket
from tests.matters import scatter

SEED = 20260303
MANY = 120
AXES = ("grid", "building", "category", "team", "level", "company", "complained_of", "month", "day")
LINK = re.compile(r'<a class="number" href="([^"]+)">(\d+)</a>')


@pytest.fixture
def filled(either_house: House) -> House:
    copies.once(either_house.database, __name__, with_matters)
    return either_house


def with_matters(database: Database) -> None:
    with database.writing() as session:
        scatter(session, Random(SEED), MANY, MORNING)
        rollups.roll_up(session, MORNING, MANY // 4)


def numbers(page: str) -> list[tuple[str, int]]:
    """Every linked number of a page, with the address of its list."""
    return [(unescape(address), int(number)) for address, number in LINK.findall(page)]


def listed(visitor: Visitor, address: str) -> Iterator[int]:
    """What each matter of the list adds to the number, page by page."""
    while True:
        page = visitor.get(address).text
        for one in re.findall(r'<li class="box">.*?</li>', page, re.DOTALL):
            voices = re.search(r"(\d+) 个评价", one)
            yield int(voices[1]) if voices else 1
        more = re.search(r'class="button" href="([^"]+below=[^"]+)"', page)
        if more is None:
            return
        address = unescape(more[1])


def test_every_number_of_the_page_is_the_length_of_the_list_behind_it(filled: House) -> None:
    staff, chance = filled.signed_in("community_staff"), Random(SEED)
    shown = 0
    for axis in AXES:
        for days in ("period=quarter", "from=2025-12-30&to=2026-02-20"):
            page = staff.get(f"/console/figures?by={axis}&{days}").text
            found = numbers(page)
            for address, number in chance.sample(found, min(3, len(found))):
                assert f'<strong class="number">{number}</strong>' in staff.get(address).text
                assert sum(listed(staff, address)) == number, address
                shown += 1
    assert shown == 3 * 2 * len(AXES)


def test_the_numbers_of_the_parts_add_up_to_the_whole(filled: House) -> None:
    staff = filled.signed_in("community_staff")
    for axis in ("grid", "category", "level", "team", "week"):
        page = staff.get(f"/console/figures?by={axis}&period=quarter").text
        whole, table = page.split("<table", 1)
        opened = [n for address, n in numbers(whole) if address.endswith("what=opened")]
        assert (
            sum(n for address, n in numbers(table) if address.endswith("what=opened")) == opened[0]
        )


def test_a_grid_leader_reads_of_the_own_grid_and_of_no_other(filled: House) -> None:
    leader = filled.signed_in("grid_leader")
    assert "幸福第一网格三率" in leader.get("/console/figures").text
    with filled.database.reading() as session:
        others = [area_named(session, name).id for name in ("幸福第二网格", "幸福社区")]
        inside, root = building(session, 3).id, root_area_id(session)
    for area_id in (*others, root, 10**7, "x"):
        for path in ("/console/figures?", "/console/figures/list?what=opened&"):
            assert leader.get(f"{path}area={area_id}").status_code == 404
    assert "幸福里小区3号楼三率" in leader.get(f"/console/figures?area={inside}").text


@pytest.mark.parametrize("role", ["grid_worker", "property_staff", "department_liaison"])
def test_who_supervises_nobody_has_no_such_page(house: House, role: str) -> None:
    visitor = house.signed_in(role)
    for path in ("/console/figures", "/console/figures/list?what=opened"):
        assert visitor.get(path).status_code == 403
    assert "三率" not in visitor.get("/console/").text


def test_the_accused_find_no_trace_in_figures_or_lists(house: House) -> None:
    leader, staff = house.signed_in("grid_leader"), house.signed_in("community_staff")
    path = "/console/figures?by=building"
    before, seen_before = numbers(leader.get(path).text), numbers(staff.get(path).text)
    with house.database.writing() as session:
        where = building(session, 3)
        one = ticket(session, where, MORNING, about=About.GRID).id
    assert numbers(leader.get(path).text) == before
    assert numbers(staff.get(path).text) != seen_before
    assert f"#{one} " not in leader.get("/console/figures/list?what=opened").text
    assert f"#{one} " in staff.get("/console/figures/list?what=opened").text


def test_days_that_make_no_sense_are_said_in_words_and_something_is_shown(house: House) -> None:
    staff = house.signed_in("community_staff")
    for days in ("from=2026-03-05&to=2026-03-01", "from=x&to=2026-03-01", "to=2026-03-01"):
        page = staff.get(f"/console/figures?{days}")
        assert page.status_code == 200 and "起止日期没看懂" in page.text
    assert "没看懂" in staff.get("/console/figures?period=century").text
    for what in ("", "satisfied", "nonsense", "opened,satisfied", "opened&by=day"):
        assert staff.get(f"/console/figures/list?what={what}").status_code == 404


def test_few_answers_and_one_person_are_not_judged(house: House) -> None:
    with house.database.writing() as session:
        one = ticket(session, building(session), MORNING - timedelta(days=1))
        one.stars, one.is_solved, one.rated_at = 5, True, MORNING
    page = house.signed_in("community_staff").get("/console/figures?by=team&period=quarter").text
    tile = page.split("满意率</h2>")[1].split("</li>")[0]
    assert "—" in tile and "100" not in tile and "1</a> 个评价" in tile
    assert '<td data-head="满意率"><span class="number">—</span>' in page


def test_a_list_is_paged_and_says_how_many_there_are(house: House) -> None:
    with house.database.writing() as session:
        for _ in range(53):
            ticket(session, building(session), MORNING)
    staff = house.signed_in("community_staff")
    first = staff.get("/console/figures/list?what=opened").text
    assert '<strong class="number">53</strong>' in first and "再看 50 件" in first
    assert sum(listed(staff, "/console/figures/list?what=opened")) == 53


def test_a_page_asks_the_store_little(filled: House) -> None:
    """As many statements, however much there is to count."""
    staff = filled.signed_in("community_staff")
    asked: list[str] = []

    event.listen(
        filled.database.reader, "before_cursor_execute", lambda *args: asked.append(args[2])
    )
    staff.get("/console/account")
    shell = len(asked)
    for axis in ("building", "team", "company"):
        asked.clear()
        assert staff.get(f"/console/figures?by={axis}&period=year").status_code == 200
        assert len(asked) - shell <= 17, (axis, len(asked), shell)
