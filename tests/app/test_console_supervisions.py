"""督办 at the desk: asked from a ticket or the list, answered, talked about, taken away."""

import re
from datetime import date

import pytest

from jobs import listings
from models.base import Database
from models.supervisions import asking, lists, sides
from models.supervisions.asking import Wanted
from models.supervisions.lists import Group
from models.tickets.table import About, Ticket
from tests.app.test_console_queue import queries_of
from tests.app.visitor import House, Visitor
from tests.factories import building, demo_person, post_of, ticket

WORDS = "群众多次反映，电话 13800138000"


def reported(house: House, matters: int = 1, **more: object) -> list[int]:
    with house.database.writing() as session:
        where = building(session)
        return [ticket(session, where, house.now, **more).id for _ in range(matters)]


def asked(house: House, numbers: list[int], **form: str) -> object:
    with house.database.reading() as session:
        post = post_of(session, "grid_worker").id
    street = house.signed_in("subdistrict_staff")
    given = {"ids": numbers, "post": str(post), "words": WORDS, "day": "2026-03-06", **form}
    return street.post("/console/supervisions", given)


def act(visitor: Visitor, action: str, **form: str) -> object:
    return visitor.post("/console/supervisions/1", {"action": action, **form})


def test_from_the_ticks_in_the_list_to_the_end(house: House) -> None:
    numbers = reported(house, 2)
    street, worker = house.signed_in("subdistrict_staff"), house.signed_in("grid_worker")
    assert "督办勾选的" in street.get("/console/tickets").text
    assert "督办勾选的" not in worker.get("/console/tickets").text
    draft = street.post("/console/supervisions/new", {"ids": numbers}).text
    assert all(f"#{one}" in draft for one in numbers) and "2026-03-06" in draft
    assert "楼长" not in draft, "an unpaid neighbour is never offered"
    refused = asked(house, numbers, post="")
    assert refused.status_code == 422 and "请选请谁答复" in refused.text and WORDS in refused.text
    assert asked(house, numbers).location.endswith("/console/supervisions/1?done=ask")
    assert WORDS in worker.get("/console/supervisions?group=to_answer").text
    assert "等您答复的督办" in worker.get("/console/").text
    late = act(worker, "close")
    assert late.status_code == 409 and "不能办结" in late.text
    assert act(worker, "answer_supervision", words="周五").status_code == 302
    assert "撤销：督办已答复" in worker.get("/console/supervisions/1").text
    assert act(street, "undo").status_code == 422, "it is not the supervisor's step"
    assert act(worker, "undo").status_code == 302
    assert act(worker, "undo").status_code == 422
    assert act(worker, "answer_supervision", words="周五进场").status_code == 302
    page = street.get("/console/supervisions/1").text
    assert "周五进场" in page and "认可，办结" in page and "改日子" not in page
    assert act(street, "talk", words="约谈，两天报方案", day="2026-03-03").status_code == 302
    assert act(street, "close").status_code == 302
    ended = street.get("/console/supervisions?group=ended").text
    assert "已办结" in ended and '共 <strong class="number">1</strong>' in ended


def test_the_page_of_the_ticket_tells_paid_staff_and_nobody_else(house: House) -> None:
    [number] = reported(house)
    asked(house, [number])
    for role in ("community_staff", "grid_leader", "grid_worker"):
        page = house.signed_in(role).get(f"/console/tickets/{number}").text
        assert "督办 <span" in page and ">督办 <" in page, role
        assert WORDS not in page, "the note stands on the page of the supervision"
    committee = house.signed_in("committee_member").get(f"/console/tickets/{number}")
    assert "督办" not in committee.text


def test_whom_a_matter_is_about_meets_the_supervision_nowhere(house: House) -> None:
    [number] = reported(house, about=About.COMMUNITY)
    asked(house, [number])
    accused = house.signed_in("community_staff")
    assert WORDS not in accused.get("/console/supervisions").text
    assert accused.get("/console/supervisions/1").status_code == 404
    assert act(accused, "withdraw", words="不用了").status_code == 404
    assert accused.get(f"/console/supervisions/new?ids={number}").status_code == 404
    with house.database.reading() as session:
        who = demo_person(session, "community_staff")
        assert not any(lists.counts(session, who, house.now).values())


@pytest.mark.parametrize("day", ["", "2026-13-40", "2026-02-01"])
def test_an_odd_day_is_said_and_loses_nothing(house: House, day: str) -> None:
    answer = asked(house, reported(house), day=day)
    assert answer.status_code == 422 and WORDS in answer.text


def rows_on(visitor: Visitor, group: Group) -> int:
    return len(
        re.findall(r'class="row brief', visitor.get(f"/console/supervisions?group={group}").text)
    )


def test_counts_are_lists_the_sheet_is_masked_and_pages_take_few_queries(house: House) -> None:
    numbers = reported(house, 3)
    with house.database.writing() as session:
        street = demo_person(session, "subdistrict_staff")
        for number in numbers:
            tickets = [session.get_one(Ticket, number)]
            holder = sides.choices(session, tickets, street, house.now)[0]
            wanted = Wanted(holder, WORDS, date(2026, 3, 6))
            asking.ask(session, tickets, wanted, by=street, at=house.now)
    house.later(days=5)
    visitor = house.signed_in("subdistrict_staff")
    with house.database.reading() as session:
        counts = lists.counts(session, street, house.now)
    assert counts[Group.LATE] == 3
    assert {group: rows_on(visitor, group) for group in Group} == counts
    sheet = list(listings.all_rows(house.database, "supervisions", street, {}, house.now))
    assert len(sheet) == 3 and "138****8000" in str(sheet) and "13800138000" not in str(sheet)
    assert len(sheet[0]) == len(listings.headings("supervisions"))
    for path in ("", "/1", f"/new?ids={numbers[0]}"):
        address = f"/console/supervisions{path}"
        assert queries_of(house.database, lambda: visitor.get(address)) <= 12, path  # noqa: B023


def test_a_long_list_goes_on_page_by_page(house: House, database: Database) -> None:
    [number] = reported(house)
    with database.writing() as session:
        street = demo_person(session, "subdistrict_staff")
        tickets = [session.get_one(Ticket, number)]
        holder = sides.choices(session, tickets, street, house.now)[0]
        wanted = Wanted(holder, "说说", date(2026, 3, 6))
        for _ in range(lists.PAGE + 3):
            asking.ask(session, tickets, wanted, by=street, at=house.now)
    visitor = house.signed_in("subdistrict_staff")
    page = visitor.get("/console/supervisions").text
    further = re.search(r'rel="next" href="([^"]+)"', page)
    assert further is not None
    rest = visitor.get(further[1].replace("&amp;", "&")).text
    seen = [re.findall(r'href="/console/supervisions/(\d+)"', one) for one in (page, rest)]
    assert [len(one) for one in seen] == [lists.PAGE, 3] and not set(seen[0]) & set(seen[1])
