"""The queue: what it narrows to, what one keeps, and what is done with many at once."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from config.categories import Urgency
from models.base import Database
from models.saved_views import MOST_VIEWS, SavedView
from models.ticket_flow import Action, State
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Ticket
from tests.app.visitor import House, Visitor
from tests.factories import area_named, building, post_of, ticket


@pytest.fixture
def numbers(house: House) -> list[int]:
    with house.database.writing() as session:
        made = [
            ticket(session, building(session), house.now, text="楼上装修太吵"),
            ticket(session, building(session, 1, "阳光花园"), house.now, text="路灯不亮"),
            ticket(
                session,
                building(session),
                house.now,
                category="facility",
                urgency=Urgency.URGENT,
                text="井盖破了",
            ),
        ]
        return [one.id for one in made]


def shown(visitor: Visitor, **query: object) -> set[int]:
    page = visitor.get("/console/tickets", query_string=query)
    assert page.status_code == 200
    return {int(found) for found in re.findall(r'name="ids" value="(\d+)"', page.text)}


def test_filters_narrow_the_list_and_its_count(house: House, numbers: list[int]) -> None:
    visitor = house.signed_in("community_staff")
    noise, light, cover = numbers
    assert shown(visitor) == set(numbers)
    assert shown(visitor, category="noise") == {noise, light}
    assert shown(visitor, urgency="urgent") == {cover}
    assert shown(visitor, q="路灯") == {light}
    assert shown(visitor, q=f"#{cover}") == {cover}
    assert shown(visitor, group="ended") == set()
    with house.database.reading() as session:
        estate = area_named(session, "阳光花园").id
    assert shown(visitor, area=estate) == {light}
    page = visitor.get("/console/tickets", query_string={"category": "noise"}).text
    assert '共 <strong class="number">2</strong>' in page


def test_a_bent_address_narrows_nothing_and_breaks_nothing(
    house: House, numbers: list[int]
) -> None:
    visitor = house.signed_in("community_staff")
    bent = {
        "group": "x",
        "category": "<b>",
        "area": "-1",
        "urgency": "9",
        "due": "²",
        "after": "a_b",
    }
    assert shown(visitor, **bent) == set(numbers)
    assert shown(visitor, after="9" * 400) == set(numbers)


def test_words_of_residents_are_text_on_the_page(house: House) -> None:
    with house.database.writing() as session:
        ticket(session, building(session), house.now, text="<script>alert(1)</script>")
    page = house.signed_in("community_staff").get("/console/tickets").text
    assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_what_is_late_and_what_is_due_today_are_told_apart(
    house: House, numbers: list[int]
) -> None:
    visitor = house.signed_in("community_staff")
    with house.database.writing() as session:
        first, second, third = (session.get_one(Ticket, one) for one in numbers)
        first.resolve_due_at = house.now - timedelta(hours=1)
        second.resolve_due_at = house.now + timedelta(hours=2)
        third.resolve_due_at = house.now + timedelta(days=3)
    assert shown(visitor, due="overdue") == {numbers[0]}
    assert shown(visitor, due="today") == {numbers[1]}
    assert "超期" in visitor.get("/console/tickets").text


def test_each_of_many_is_done_or_says_why_not(house: House, numbers: list[int]) -> None:
    with house.database.writing() as session:
        taken = session.get_one(Ticket, numbers[0])
        apply(session, taken, Action.ACCEPT, by=Actor(taken.owner_id), at=house.now)
        apply(session, taken, Action.RESOLVE, by=Actor(taken.owner_id), at=house.now, reason="好了")
    visitor = house.signed_in("community_staff")
    form = {"ids": [*map(str, numbers), "99999", "x"], "action": "suspend", "days": "3"}
    answer = visitor.post("/console/tickets/at-once", {**form, "reason": "等配件"})
    assert "2 件办好了，2 件没有办成" in answer.text
    assert "现在是“已办结，待评价”，不能挂起" in answer.text and "没有找到" in answer.text
    with house.database.reading() as session:
        states = [session.get_one(Ticket, one).state for one in numbers]
    assert states == [State.RESOLVED, State.SUSPENDED, State.SUSPENDED]


def test_what_a_form_lacks_is_said_for_each(house: House, numbers: list[int]) -> None:
    visitor = house.signed_in("community_staff")
    ids = {"ids": [str(numbers[0])]}
    answer = visitor.post("/console/tickets/at-once", {**ids, "action": "suspend", "days": "0"})
    assert "请写挂起几天" in answer.text
    answer = visitor.post("/console/tickets/at-once", {**ids, "action": "suspend", "days": "3"})
    assert "请写上挂起的原因" in answer.text
    answer = visitor.post("/console/tickets/at-once", {**ids, "action": "transfer", "reason": "x"})
    assert "请选一个能接这件事的人" in answer.text
    answer = visitor.post("/console/tickets/at-once", {**ids, "action": "explode"})
    assert "没有找到" in answer.text
    answer = visitor.post("/console/tickets/at-once", {"action": "accept"})
    assert "没有勾选工单" in answer.text


def test_many_go_to_one_post_at_once(house: House, numbers: list[int]) -> None:
    with house.database.reading() as session:
        leader = post_of(session, "grid_leader")
    visitor = house.signed_in("community_staff")
    form = {
        "ids": [*map(str, numbers)],
        "action": "transfer",
        "holder": leader.id,
        "reason": "片长办",
    }
    answer = visitor.post("/console/tickets/at-once", form)
    assert "2 件办好了，1 件没有办成" in answer.text  # 阳光花园 is not in that grid
    with house.database.reading() as session:
        owners = [session.get_one(Ticket, one).owner_post_id for one in numbers]
    assert owners[0] == owners[2] == leader.id != owners[1]


def test_conditions_are_kept_under_a_name_and_dropped_again(house: House) -> None:
    visitor = house.signed_in("community_staff")
    form = {"name": "急件", "query_urgency": "urgent", "query_group": "waiting", "query_evil": "x"}
    answer = visitor.post("/console/views", form)
    assert "urgency=urgent" in answer.location and "evil" not in answer.location
    assert "急件" in visitor.get("/console/tickets").text
    other = house.signed_in("grid_leader")
    assert "急件" not in other.get("/console/tickets").text
    with house.database.reading() as session:
        view = session.scalars(select(SavedView)).one()
    assert other.post(f"/console/views/{view.id}/drop").status_code == 404
    assert visitor.post(f"/console/views/{view.id}/drop").status_code == 302
    assert "急件" not in visitor.get("/console/tickets").text


def test_more_than_a_dozen_kept_views_are_refused_in_words(house: House) -> None:
    visitor = house.signed_in("community_staff")
    for number in range(MOST_VIEWS):
        visitor.post("/console/views", {"name": f"第{number}组", "query_urgency": "urgent"})
    answer = visitor.post("/console/views", {"name": "多的", "query_urgency": "urgent"})
    assert answer.status_code == 422 and "最多存 12 个" in answer.text


def queries_of(database: Database, visit: object) -> int:
    counted: list[str] = []

    def count(_: object, __: object, statement: str, *___: object) -> None:
        counted.append(statement)

    engine = database.reader
    event.listen(engine, "before_cursor_execute", count)
    try:
        visit()  # type: ignore[operator]
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return len(counted)


def test_a_page_of_the_queue_takes_few_queries(house: House, numbers: list[int]) -> None:
    visitor = house.signed_in("community_staff")
    visitor.get("/console/tickets")  # what rarely changes is in memory now
    assert queries_of(house.database, lambda: visitor.get("/console/tickets")) <= 12
