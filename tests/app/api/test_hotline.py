"""The hotline as a system: orders in with an answer each, results out until acknowledged."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from app.api.application import make_api
from models import outside_systems
from models.base import Database
from models.hotline import orders
from models.outside_table import Power
from models.places import estate_names
from models.posts import Role
from models.tickets.table import Ticket
from tests import factories
from tests.app.api.conftest import House
from tests.chat import shipped_lexicon
from tests.factories import area_named, demo_person

LIFT = {"number": "K-1", "text": "电梯一直有异响", "estate": "幸福里小区", "phone": "13800001111"}


@pytest.fixture
def house(house: House) -> House:
    """One whose words know the places of the town."""
    with house.store.reading() as session:
        lexicon = shipped_lexicon().with_places(estate_names(session))
    office = replace(house.office, lexicon=lambda: lexicon)
    return replace(house, office=office, http=make_api(office).test_client())


@pytest.fixture
def grown(house: House, postgresql: Database) -> House:
    """Over a store that has several writers."""
    factories.town(postgresql)
    office = replace(house.office, database=postgresql)
    return replace(house, office=office, http=make_api(office).test_client())


def key_of(
    house: House,
    *powers: Power,
    place: str = "和顺街道",
    role: Role = Role.DEPARTMENT_LIAISON,
    per_minute: int = 120,
) -> str:
    with house.store.writing() as session:
        where = area_named(session, place).id
        by = demo_person(session, "admin")
        given = {"role": role, "per_minute": per_minute, "by": by, "at": house.hand()}
        _, key = outside_systems.register(session, place, where, powers, **given)
    return key


def ask(house: House, key: str, method: str, path: str, status: int = 200, **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {key}"}
    answer = house.http.open(f"/hotline/{path}", method=method, headers=headers, **more)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def bring(house: House, key: str, *sent: dict[str, Any]) -> list[str]:
    told = ask(house, key, "POST", "orders", json={"orders": list(sent)})
    return [one["taken"] for one in told["orders"]]


def test_orders_go_in_once_and_results_come_out_until_they_are_acknowledged(house: House) -> None:
    key = key_of(house, Power.HOTLINE)
    bad = {"number": "K-2", "text": "路灯坏了", "called_at": "昨天"}
    told = ask(house, key, "POST", "orders", json={"orders": [LIFT, bad]})
    assert [one["taken"] for one in told["orders"]] == ["added", "refused"]
    assert told["orders"][1]["reasons"] == ["“来电时间”不是时间，请写成 2026-03-02 09:30"]
    assert bring(house, key, LIFT) == ["unchanged"]
    assert bring(house, key, LIFT | {"due_at": "2026-03-05T18:00:00+08:00"}) == ["changed"]
    assert bring(house, key, LIFT) == ["unchanged"]  # it says nothing of a deadline: that stays
    assert bring(house, key, LIFT | {"due_at": None}) == ["changed"]

    assert ask(house, key, "GET", "results")["results"] == []
    with house.store.writing() as session:
        row = orders.numbered(session, "12345", "K-1")
        by = demo_person(session, "community_staff")
        orders.give_back(session, row, "归区住建\n=1+1", by=by, at=house.hand())
    [result] = ask(house, key, "GET", "results")["results"]
    assert (result["outcome"], result["words"]) == ("returned", "归区住建\n=1+1")
    assert (result["stars"], result["is_solved"]) == (None, None)
    old = {"number": "K-1", "changed_at": "2020-01-01T00:00:00+08:00"}
    read = {"number": "K-1", "changed_at": result["changed_at"]}
    for sent, fitting in ((old, 0), (read, 1), (read, 1)):
        told = ask(house, key, "POST", "acknowledgements", json={"results": [sent]})
        assert told == {"acknowledged": fitting}
    assert ask(house, key, "GET", "results")["results"] == []
    assert ask(house, key, "GET", "results?which=all")["results"] == [result]


def test_the_same_new_order_brought_twice_at_one_moment_is_one_and_both_are_answered(
    grown: House,
) -> None:
    key, together = key_of(grown, Power.HOTLINE), Barrier(2, timeout=20)

    def brought(_: int) -> list[str]:
        mine = replace(grown, http=grown.http.application.test_client())
        answers = []
        for number in range(4):
            together.wait()
            answers += bring(mine, key, LIFT | {"number": f"Z-{number}"})
        return answers

    with ThreadPoolExecutor(2) as pool:
        pairs = list(zip(*pool.map(brought, range(2)), strict=True))
    assert all(sorted(pair) in (["joined", "unchanged"], ["added", "unchanged"]) for pair in pairs)


def test_a_key_opens_its_own_doors_in_its_own_area(house: House) -> None:
    for key, status in (
        ("", 401),
        ("guessed", 401),
        (key_of(house, Power.READ, Power.FILE), 403),
    ):
        ask(house, key, "POST", "orders", status, json={"orders": [LIFT]})
        ask(house, key, "GET", "results", status)
    whole, part = key_of(house, Power.HOTLINE), key_of(house, Power.HOTLINE, place="阳光花园")
    told = ask(house, part, "POST", "orders", json={"orders": [LIFT]})
    assert told["orders"][0]["reasons"] == ["这个地方不在约定的范围里"]
    assert bring(house, whole, LIFT) == ["added"]
    assert bring(house, part, LIFT | {"urges": 3}) == ["refused"]
    rare = key_of(house, Power.HOTLINE, per_minute=2)
    for status in (200, 200, 429):
        ask(house, rare, "GET", "results", status)
    ask(house, whole, "GET", "results")


def test_what_accuses_those_whose_eyes_it_has_is_none_of_its_results(house: House) -> None:
    city, property_firm = (
        key_of(house, Power.HOTLINE, role=role)
        for role in (Role.DEPARTMENT_LIAISON, Role.PROPERTY_STAFF)
    )
    complaint = {"number": "K-9", "text": "投诉物业公司，乱收停车费，态度恶劣"}
    assert bring(house, city, complaint) == ["added"]
    with house.store.writing() as session:
        row = orders.numbered(session, "12345", "K-9")
        ticket = session.get_one(Ticket, row.ticket_id)
        assert (ticket.about, ticket.area_id) == ("property", None)
        assert ticket.owner_id is not None
        orders.give_back(session, row, "不在本街道", by=ticket.owner_id, at=house.hand())
    assert [one["number"] for one in ask(house, city, "GET", "results")["results"]] == ["K-9"]
    assert ask(house, property_firm, "GET", "results")["results"] == []


@pytest.mark.parametrize(
    "sent", [{}, {"orders": []}, {"orders": [{"number": "1"}]}, {"orders": [LIFT | {"x": 1}]}]
)
def test_what_is_no_list_of_orders_is_refused(house: House, sent: dict[str, Any]) -> None:
    ask(house, key_of(house, Power.HOTLINE), "POST", "orders", 422, json=sent)
