"""The second look: who binds a home that the register knows, and staff who say they are one."""

import re

from sqlalchemy import select

from models.base import Database
from models.events import Event
from models.people import Person
from models.posts import Role
from models.tickets.table import Ticket
from tests import factories
from tests.app.test_console_queue import queries_of
from tests.app.visitor import House
from tests.chat import Town
from tests.factories import MORNING

CODE = re.compile(r"连接 (\d{4}) (\d{4})<")


def entered(database: Database, name: str, room: str) -> int:
    with database.writing() as session:
        person = factories.person(session, name)
        home = factories.home(session, person.id, factories.building(session))
        home.room = room
        factories.ticket(session, factories.building(session), reporter=person.id)
        return person.id


def test_who_binds_a_known_door_is_joined_after_a_second_look(
    house: House, database: Database
) -> None:
    old = entered(database, "居民甲", "2-901")
    town = Town(database, house.now)
    newcomer = town.person("o-newcomer")
    newcomer.say("绑定 幸福里小区3号楼2单元901")
    said = newcomer.say("1")
    assert "居民甲" not in said and "名册" not in said  # nobody is told of others
    new = newcomer.person_id
    assert "可能已经在用微信" in "".join(town.person("demo-community_staff-1").received())
    community = house.signed_in("community_staff")
    listed = community.get("/console/people/doubles")
    assert f"/console/people/{old}/same/{new}" in listed.text
    address = f"/console/people/{new}/same/{old}"
    assert address in community.get(f"/console/people/{new}").text
    page = community.get(address)
    assert "居民甲" in page.text and "不能再拆开" in page.text
    assert community.post(address, {"answer": "same"}).status_code == 422
    assert community.post(address, {"answer": "maybe", "sure": "1"}).status_code == 422
    for path in (address, *(f"/console/people/{one}" for one in (new, old, "doubles"))):
        assert queries_of(database, lambda path=path: community.get(path)) <= 12, path
    leader, outsider = house.signed_in("grid_leader"), house.signed_in("community_staff", 3)
    assert leader.get(address).status_code == 403
    assert outsider.get(address).status_code == 404
    assert outsider.get("/console/people/doubles").text.count("o-newcomer") == 0
    joined = community.post(address, {"answer": "same", "sure": "1"})
    assert joined.location == f"/console/people/{old}?done=same"
    assert "已合并成一个人" in community.get(joined.location).text
    with database.reading() as session:
        assert session.get_one(Person, new).merged_into == old
        assert session.scalars(select(Ticket.reporter_id)).all() == [old]
    assert newcomer.person_id == old
    assert "楼上装修太吵" in newcomer.say("我的工单")
    assert community.get(address).status_code == 404


def test_two_who_are_not_one_are_not_asked_about_twice(house: House, database: Database) -> None:
    old = entered(database, "居民甲", "2-901")
    town = Town(database, house.now)
    newcomer = town.person("o-newcomer")
    newcomer.say("绑定 幸福里小区3号楼2单元901")
    newcomer.say("1")
    community = house.signed_in("community_staff")
    address = f"/console/people/{old}/same/{newcomer.person_id}"
    assert community.post(address, {"answer": "apart"}).status_code == 302
    assert "现在没有要核对的" in community.get("/console/people/doubles").text
    assert address not in community.get(f"/console/people/{old}").text
    with database.reading() as session:
        assert session.get_one(Person, old).created_at == MORNING


def test_a_head_who_was_entered_is_known_in_chat_by_a_code_told_once(
    house: House, database: Database
) -> None:
    with database.writing() as session:
        head = factories.person(session, "新楼长").id
        factories.post(session, Role.BUILDING_HEAD, factories.building(session, 8), head)
    community, leader = house.signed_in("community_staff"), house.signed_in("grid_leader")
    assert "给他微信连接码" in community.get(f"/console/people/{head}").text
    assert leader.post(f"/console/people/{head}/join-code").status_code == 403
    first, code = (
        "".join(CODE.findall(community.post(f"/console/people/{head}/join-code").text)[0])
        for _ in range(2)
    )
    town = Town(database, house.now)
    new, other = town.person("o-head"), town.person("o-other")
    assert "位数字" in new.say("连接 1234")
    assert "不对，或者已经过期" in new.say(f"连接 {first}")
    assert "好了，新楼长" in new.say(f"连接 {code[:4]} {code[4:]}")
    assert "不对" in other.say(f"连接{code}")
    assert new.person_id == head and other.person_id != head
    assert "给他微信连接码" not in community.get(f"/console/people/{head}").text
    assert community.post(f"/console/people/{head}/join-code").status_code == 403
    town.person("demo-resident-1").say("8号楼二楼楼道灯不亮")
    assert any("8号楼" in one for one in new.received())
    for _ in range(5):
        said = other.say("连接 10000000")
    assert "试得太多" in said
    with database.reading() as session:
        verbs = session.scalars(select(Event.verb).where(Event.subject_id == head)).all()
        assert verbs.count("join_code_given") == 2 and verbs.count("person_merged") == 1
