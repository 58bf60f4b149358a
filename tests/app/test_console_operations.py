"""A joint operation at a desk: planned, answered, counted, ended, reviewed, and published."""

import re
from pathlib import Path

from sqlalchemy import select

from bots.rendering import render
from jobs.notices import publish_notices
from jobs.operations import operation_clock
from models import media
from models.media import Media, MediaState
from models.operations import finding, planning
from models.operations.flow import Reply
from models.operations.table import Operation
from models.outbox import OutboxMessage
from tests.app.test_console_exports import taken
from tests.app.test_console_queue import queries_of
from tests.app.visitor import House, Visitor
from tests.factories import ESTATE, area_named, demo_person


def plan(house: House, visitor: Visitor, **more: object) -> int:
    answer = visitor.post("/console/operations/new", form(house, **more))
    assert answer.status_code == 302, answer.text
    found = re.search(r"/operations/(\d+)", answer.location)
    assert found is not None
    return int(found[1])


def form(house: House, **more: object) -> dict[str, object]:
    with house.database.reading() as session:
        area = area_named(session, ESTATE).id
    return {
        "title": "飞线夜查",
        "area": str(area),
        "starts": "2026-03-03T20:00",
        "departments": ["fire", "city_management"],
        "roles": ["building_head"],
        **more,
    }


def act(visitor: Visitor, number: int, action: str, **more: object) -> int:
    path = f"/console/operations/{number}/act"
    return visitor.post(path, {"action": action, **more}).status_code


def shown(visitor: Visitor, number: int) -> str:
    answer = visitor.get(f"/console/operations/{number}")
    assert answer.status_code == 200
    return answer.text


def test_from_the_plan_to_the_published_sheet(either_house: House) -> None:
    house = either_house
    leader, second = (house.signed_in("community_staff", count) for count in (1, 2))
    fire = house.signed_in("department_liaison", 2)
    number = plan(house, leader, targets="飞线、楼道堆物")
    assert "<dd>飞线、楼道堆物</dd>" in shown(leader, number)
    with house.database.reading() as session:
        told = select(OutboxMessage).where(OutboxMessage.template == "operation_invited")
        asked = session.scalars(told).first()
        assert asked is not None and "重点：飞线、楼道堆物" in render(asked.template, asked.context)
    assert "消防" in shown(leader, number) and "还没答复" in shown(leader, number)
    assert act(second, number, "start") == 403, "only who leads it begins"
    assert act(fire, number, "coming") == act(leader, number, "start") == 302
    assert act(fire, number, "find", kind="wire_removed", count="3", is_settled="1") == 302
    assert act(fire, number, "find", kind="corridor_cleared", count="1") == 302
    page = shown(leader, number)
    assert '<span class="number">3</span> 处 <span class="soft">拆除飞线' in page
    assert "没解决" in page and page.count('class="button">改数') == 2
    one = re.search(r'name="finding" value="(\d+)"', page)
    assert one is not None
    assert act(leader, number, "correct", finding=one[1], count="0") == 422
    assert act(leader, number, "correct", finding=one[1], count="2") == 302
    assert act(fire, number, "make_ticket", finding=int(one[1]) + 1) == 302
    page = shown(leader, number)
    assert "工单 #" in page and "拆除飞线2处" in page
    assert act(leader, number, "end", title="飞线夜查结果", body=" ") == 422
    assert act(leader, number, "end", title="飞线夜查结果", body="共拆除飞线2处。") == 302
    assert "审核通过" not in shown(leader, number), "who wrote it does not review it"
    assert act(second, number, "send_back") == 422
    assert act(second, number, "approve") == 302
    publish_notices(house.database, house.now)
    operation_clock(house.database, house.now)
    assert "结果已公示" in shown(leader, number)
    rows = taken(leader, "operations", state="published")
    assert [row[1:4] for row in rows[1:]] == [["飞线夜查", "幸福里小区", "结果已公示"]]
    assert rows[1][9] == "拆除飞线2处，堆物1处"
    listed = leader.get("/console/operations?state=published").text
    assert '共 <strong class="number">1</strong> 次' in listed and "记了" in listed


def test_what_was_typed_stays_and_others_find_nothing(house: House) -> None:
    leader = house.signed_in("community_staff")
    for change, words in (
        ({"title": " "}, "请写上内容"),
        ({"area": ""}, "请选地方"),
        ({"starts": "2026-03-01T20:00"}, "还没到的时间"),
        ({"departments": [], "roles": []}, "至少选一个部门"),
    ):
        answer = leader.post("/console/operations/new", form(house, **change))
        assert answer.status_code == 422 and words in answer.text, change
        assert "飞线夜查" in answer.text or "title" in change
    number = plan(house, leader, roles=["building_head", "volunteer"])
    assert act(leader, number, "cancel") == 422 and act(leader, number, "nonsense") == 404
    strangers = [house.signed_in("community_staff", 3), house.signed_in("property_staff")]
    for visitor in strangers:
        assert "飞线夜查" not in visitor.get("/console/operations?state=all").text
        assert visitor.get(f"/console/operations/{number}").status_code == 404
        assert act(visitor, number, "start") == 404
    elsewhere = area_id(house, "和平家园")
    assert leader.post("/console/operations/new", form(house, area=elsewhere)).status_code == 403


def area_id(house: House, name: str) -> str:
    with house.database.reading() as session:
        return str(area_named(session, name).id)


def test_further_teams_are_asked_by_the_leader_and_the_asking_is_taken_back(house: House) -> None:
    leader, second = (house.signed_in("community_staff", count) for count in (1, 2))
    number = plan(house, leader)
    assert act(second, number, "invite", departments=["police"]) == 403
    assert act(leader, number, "invite") == 422
    answer = leader.post(
        f"/console/operations/{number}/act", {"action": "invite", "departments": ["fire"]}
    )
    assert answer.status_code == 422 and "要么已经请过" in answer.text
    assert "公安" not in team(leader, number)
    police, worker = house.signed_in("department_liaison"), house.signed_in("grid_worker")
    assert worker.get(f"/console/operations/{number}").status_code == 404
    assert act(leader, number, "start") == 302
    assert act(leader, number, "invite", departments=["police"], roles=["grid_worker"]) == 302
    assert "公安" in team(leader, number) and "网格员" in team(leader, number)
    assert "撤销：又请了人" in shown(leader, number) and "撤销：" not in shown(second, number)
    with house.database.reading() as session:
        who = demo_person(session, "grid_worker")
        told = select(OutboxMessage).where(OutboxMessage.person_id == who)
        asked = session.scalars(told.order_by(OutboxMessage.id.desc())).first()
        assert asked is not None and "已经开始" in render(asked.template, asked.context)
    assert act(police, number, "coming") == 302 and "网格员" in team(worker, number)
    assert act(leader, number, "undo") == 302
    assert "公安" in team(leader, number), "who has said that they come is not sent home"
    assert "网格员" not in team(leader, number)
    assert act(leader, number, "undo") == 422
    assert worker.get(f"/console/operations/{number}").status_code == 404


def team(visitor: Visitor, number: int) -> str:
    return shown(visitor, number).partition('id="team-title"')[2].partition("</section>")[0]


def test_volunteers_who_can_not_come_are_counted_and_not_named(house: House) -> None:
    leader = house.signed_in("community_staff")
    number = plan(house, leader)
    with house.database.writing() as session:
        head = demo_person(session, "building_head", 4)
        found = session.get_one(Operation, number)
        planning.reply(session, found, Reply.DECLINED, by=head, at=house.now)
    page = shown(leader, number)
    assert "另有 1 位" in page and "4号楼楼长" not in page and "3号楼楼长" in page


def test_the_pages_take_few_queries_and_a_photo_stays_with_its_operation(
    house: House, tmp_path: Path
) -> None:
    leader, other = house.signed_in("community_staff"), house.signed_in("property_staff")
    number, next_one = plan(house, leader), plan(house, leader)
    assert act(leader, number, "start") == 302
    with house.database.writing() as session:
        by, found = demo_person(session, "community_staff"), session.get_one(Operation, number)
        for kind in ("wire_removed", "ebike_moved", "small_ad"):
            told = [finding.Count(kind, kind, 2, "处")]
            finding.add(session, found, told, text="2处", by=by, at=house.now)
        finding.keep_photo(session, found, "a-photo", by=by, at=house.now)
        photo = session.scalars(select(Media)).one()
        photo.state, photo.sha256 = MediaState.KEPT, "f" * 64
        photo_id = photo.id
    house.settings.data_dir = tmp_path
    file = tmp_path / "media" / media.thumbnail_path_of("f" * 64)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"a small picture")
    path = f"/console/operations/{number}/photos/{photo_id}"
    assert path in shown(leader, number)
    with leader.get(path) as answer:
        assert answer.data == b"a small picture"
    assert leader.get(f"/console/operations/{next_one}/photos/{photo_id}").status_code == 404
    assert other.get(path).status_code == 404
    query = "/console/operations?from=2026-03-03&to="
    assert '共 <strong class="number">2</strong> 次' in leader.get(f"{query}2026-03-03").text
    assert '共 <strong class="number">0</strong> 次' in leader.get(f"{query}2026-03-02").text
    for page in ("/console/operations", f"/console/operations/{number}"):
        assert queries_of(house.database, lambda page=page: leader.get(page)) <= 12, page
