"""The area tree and the map of buildings: what is shown, what may be changed, and by whom."""

import re

import pytest
from sqlalchemy import select

from config.policy import load
from models.events import Event
from models.places import Area, AreaKind, inner_areas
from models.tickets.table import About
from tests.app.test_console_access import listed
from tests.app.test_console_queue import queries_of
from tests.app.visitor import House, Visitor
from tests.factories import area_named, building, ticket


def id_of(house: House, name: str) -> int:
    with house.database.reading() as session:
        return area_named(session, name).id


@pytest.fixture
def community(house: House) -> Visitor:
    return house.signed_in("community_staff")


def test_a_community_sees_its_estates_grids_and_gaps_and_nothing_outside(
    house: House, community: Visitor
) -> None:
    text = community.get("/console/areas").text
    assert "<h1>幸福社区</h1>" in text and "幸福里小区" in text and "幸福第二网格" in text
    assert "栋没有楼长" in text and "和平家园" not in text
    estate = community.get(f"/console/areas?area={id_of(house, '幸福里小区')}").text
    assert "3号楼楼长" in estate and "楼长空缺" in estate and "户" in estate
    hidden = community.get(f"/console/areas?area={id_of(house, '和平家园')}")
    assert hidden.status_code == community.get("/console/areas?area=99999").status_code == 404


def test_a_building_is_added_once_and_its_event_kept(house: House, community: Visitor) -> None:
    estate, grid = id_of(house, "阳光花园"), id_of(house, "幸福第三网格")
    form = {"kind": "building", "number": "18", "households": "66", "other": str(grid)}
    assert community.post(f"/console/areas/{estate}/add", form).status_code == 302
    again = community.post(f"/console/areas/{estate}/add", form)
    assert again.status_code == 409 and "已经办过了" in again.text
    with house.database.reading() as session:
        made = building(session, 18, "阳光花园")
        assert (made.name, made.households, made.grid_id) == ("18号楼", 66, grid)
        event = session.scalars(select(Event).where(Event.verb == "area_added")).one()
        assert (event.subject_id, event.new) == (made.id, "18号楼")


def test_what_can_not_be_is_said_at_the_form_and_keeps_what_was_typed(
    house: House, community: Visitor
) -> None:
    estate = id_of(house, "阳光花园")
    answer = community.post(f"/console/areas/{estate}/add", {"kind": "building", "name": "旧楼"})
    assert answer.status_code == 422
    assert "请写楼号或单元号" in answer.text and 'value="旧楼"' in answer.text
    odd = {"kind": "building", "number": "9", "households": "几十"}
    assert "户数写 0 到" in community.post(f"/console/areas/{estate}/add", odd).text
    other = {"kind": "building", "number": "9", "other": str(id_of(house, "和平第一网格"))}
    assert community.post(f"/console/areas/{estate}/add", other).status_code == 404
    for kind in ("grid", "district", "nothing"):
        answer = community.post(f"/console/areas/{estate}/add", {"kind": kind, "name": "甲"})
        assert "不能放在这里" in answer.text


def test_a_change_is_an_event_with_old_and_new_and_outsiders_change_nothing(
    house: House, community: Visitor
) -> None:
    number = id_of(house, "阳光花园")
    form = {"name": "阳光花园", "households": "512", "nicknames": "阳光，阳光小区"}
    assert community.post(f"/console/areas/{number}", form).status_code == 302
    assert community.post(f"/console/areas/{number}", form).status_code == 302  # says nothing new
    with house.database.reading() as session:
        event = session.scalars(select(Event).where(Event.verb == "area_changed")).one()
        assert event.detail["households"][1] == 512
        assert event.detail["nicknames"] == [["阳光小区"], ["阳光", "阳光小区"]]
    other = house.signed_in("community_staff", 3)
    assert other.post(f"/console/areas/{number}", form).status_code == 404
    assert house.signed_in("grid_leader").post(f"/console/areas/{number}", form).status_code == 403


def test_a_building_goes_to_another_grid_with_its_units_and_its_post_holders_see_it(
    house: House, community: Visitor
) -> None:
    with house.database.writing() as session:
        third = building(session)
        number = ticket(session, third, house.now).id
        old, new = third.grid_id, area_named(session, "幸福第三网格").id
        outside = area_named(session, "和平第一网格").id
    assert old != new
    house.later(minutes=1)
    leader = house.signed_in("grid_leader", 3)
    assert leader.get(f"/console/tickets/{number}").status_code == 404
    address = f"/console/areas/{third.id}/grid"
    assert community.post(address, {"other": str(outside)}).status_code == 404
    assert community.post(address, {"other": str(third.estate_id)}).status_code == 422
    assert community.post(address, {"other": str(new)}).status_code == 302
    assert community.post(address, {"other": str(new)}).status_code == 302  # it is there
    assert leader.get(f"/console/tickets/{number}").status_code == 200
    with house.database.reading() as session:
        inside = session.scalars(inner_areas(third.id)).all()
        assert len(inside) > 1
        assert set(inside) <= set(session.scalars(inner_areas(new)))
        assert not set(inside) & set(session.scalars(inner_areas(old or 0)))
        event = session.scalars(select(Event).where(Event.verb == "area_moved")).one()
        assert event.detail == {"grid": [old, new]}


def tiles(visitor: Visitor) -> dict[int, int]:
    text = visitor.get("/console/map").text
    found = re.findall(r"area=(\d+)\"><span>[^<]*</span><span class=\"number\">(\d+) 件", text)
    return {int(area): int(number) for area, number in found}


@pytest.mark.parametrize("role", ["community_staff", "grid_leader", "duty_desk"])
def test_each_tile_opens_a_list_of_exactly_its_number(house: House, role: str) -> None:
    with house.database.writing() as session:
        for number, about in ((3, None), (3, About.GRID), (3, About.COMMUNITY), (5, None)):
            ticket(session, building(session, number), house.now, about=about)
        ticket(session, building(session, 1, "和平家园"), house.now)
    house.later(minutes=1)
    visitor = house.signed_in(role)
    shown = tiles(visitor)
    assert any(shown.values())
    for area_id, number in shown.items():
        if number:
            assert len(listed(visitor, area=str(area_id))) == number
    with house.database.reading() as session:
        third = building(session)
    hidden = {"grid_leader": 1, "community_staff": 1}.get(role, 0)
    assert shown[third.id] == 3 - hidden  # what is about oneself is not counted either


def test_the_pages_take_few_queries(house: House, community: Visitor) -> None:
    for path in ("/console/areas", "/console/map"):
        community.get(path)
        assert queries_of(house.database, lambda path=path: community.get(path)) <= 12


def test_every_kind_below_the_district_lies_somewhere(house: House) -> None:
    with house.database.reading() as session:
        kinds = {one.kind for one in session.scalars(select(Area))}
    assert kinds - {AreaKind.DISTRICT} <= {AreaKind(one) for one in load("roster")["within"]}
