"""Who is sent what: chosen on a page by who may, for those who may read it."""

import re

import pytest
from sqlalchemy import select

from models.reports import readers, robots
from models.reports.table import Edition
from tests.app.visitor import House, Visitor
from tests.factories import area_named, demo_person

KEY = "12345678-abcd-efgh"
PAGE = "/console/reports/readers"


def area_id(house: House, name: str = "幸福社区") -> int:
    with house.database.reading() as session:
        return area_named(session, name).id


def who(house: House, role: str, count: int = 1) -> int:
    with house.database.reading() as session:
        return demo_person(session, role, count)


def sent(house: House, name: str = "幸福社区") -> dict[str, list[int]]:
    with house.database.reading() as session:
        return dict(readers.all_readers(session, area_named(session, name), house.now))


def choose(visitor: Visitor, where: int, person: int, *editions: str) -> int:
    form = {"person": str(person), "editions": list(editions)}
    return visitor.post(f"{PAGE}/{where}", form).status_code


def test_the_page_shows_who_is_sent_what_and_changes_only_what_was_ticked(house: House) -> None:
    staff, where = house.signed_in("community_staff"), area_id(house)
    above = who(house, "subdistrict_staff")
    page = staff.get(PAGE).text
    assert "幸福社区的日报和报告发给谁" in page
    assert len(re.findall(r'name="person"', page)) >= 3
    assert choose(staff, where, above, "daily", "monthly") == 302
    found = sent(house)
    assert above in found["daily"] and above in found["monthly"]
    assert above not in found["weekly"]
    own = who(house, "community_staff")
    assert choose(staff, where, own, "weekly") == 302
    found = sent(house)
    assert own in found["weekly"] and own not in found["daily"]


def test_who_decides_nothing_changes_their_own_alone(house: House) -> None:
    leader, grid = house.signed_in("grid_leader"), area_id(house, "幸福第一网格")
    page = leader.get(PAGE).text
    assert page.count('name="person"') == 1 and "企业微信群" not in page
    assert "日报</label>" not in page, "a digest is of a community"
    own, staff = who(house, "grid_leader"), who(house, "community_staff")
    assert choose(leader, grid, own, "weekly") == 302
    assert sent(house, "幸福第一网格")["weekly"] == [own]
    assert choose(leader, grid, staff, "weekly") == 403
    assert choose(leader, area_id(house), own, "weekly") == 404
    assert leader.get(f"{PAGE}?area={area_id(house)}").status_code == 404


@pytest.mark.parametrize("person", ["99999", "x", ""])
def test_somebody_there_is_not_can_not_be_chosen(house: House, person: str) -> None:
    staff = house.signed_in("community_staff")
    form = {"person": person, "editions": ["weekly"]}
    assert staff.post(f"{PAGE}/{area_id(house)}", form).status_code == 403


def test_a_group_robot_is_added_without_ever_showing_its_address_again(house: House) -> None:
    staff, where = house.signed_in("community_staff"), area_id(house)
    address = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"
    form = {"name": "工作群", "address": address, "editions": ["daily", "weekly"]}
    assert staff.post(f"/console/reports/robots/{where}", form).status_code == 302
    page = staff.get(PAGE).text
    assert "工作群" in page and KEY not in page
    with house.database.reading() as session:
        (robot,) = robots.posting(session, where, Edition.WEEKLY)
        assert robot.key == KEY
        assert robots.posting(session, where, Edition.MONTHLY) == []
    other = house.signed_in("community_staff", 3)
    assert other.post(f"/console/reports/robots/{robot.id}/end").status_code == 404
    assert staff.post(f"/console/reports/robots/{robot.id}/end").status_code == 302
    assert "工作群" not in staff.get(PAGE).text


def test_what_is_no_address_is_said_in_words_and_the_name_stays(house: House) -> None:
    staff, where = house.signed_in("community_staff"), area_id(house)
    form = {"name": "工作群", "address": "http://elsewhere", "editions": ["daily"]}
    answer = staff.post(f"/console/reports/robots/{where}", form)
    assert answer.status_code in (400, 409, 422)
    assert "机器人地址" in answer.text and 'value="工作群"' in answer.text
    with house.database.reading() as session:
        assert session.scalars(select(robots.GroupRobot)).all() == []


def test_only_who_decides_adds_a_robot(house: House) -> None:
    leader, grid = house.signed_in("grid_leader"), area_id(house, "幸福第一网格")
    form = {"name": "群", "address": KEY, "editions": ["weekly"]}
    assert leader.post(f"/console/reports/robots/{grid}", form).status_code == 403
    assert leader.post(f"/console/reports/robots/{area_id(house)}", form).status_code == 404
