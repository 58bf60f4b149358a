"""Legacy problems at a desk: opened from a ticket, planned, told, and ended before everybody."""

import re

from models.legacy.lists import milestones
from models.legacy.table import LegacyProblem
from models.tickets.table import About
from tests.app.test_console_exports import taken
from tests.app.test_console_queue import queries_of
from tests.app.visitor import House, Visitor
from tests.factories import building, ticket


def opened(house: House, visitor: Visitor, **more: object) -> int:
    with house.database.writing() as session:
        number = ticket(session, building(session), house.now, **more).id
    answer = visitor.post("/console/legacy/new", {"ticket": f"#{number}", "title": "3号楼渗漏"})
    assert answer.status_code == 302, answer.text
    found = re.search(r"/legacy/(\d+)", answer.location)
    assert found is not None
    return int(found[1])


def act(visitor: Visitor, number: int, action: str, **more: object) -> int:
    path = f"/console/legacy/{number}/act"
    return visitor.post(path, {"action": action, **more}).status_code


def shown(visitor: Visitor, number: int) -> str:
    answer = visitor.get(f"/console/legacy/{number}")
    assert answer.status_code == 200
    return answer.text


def listed(visitor: Visitor, group: str) -> int:
    page = visitor.get(f"/console/legacy?state={group}").text
    counted = re.search(r'共 <strong class="number">(\d+)</strong> 项', page)
    assert counted is not None
    assert int(counted[1]) == len(re.findall(r'class="what"', page))
    return int(counted[1])


def test_from_a_ticket_to_the_end_of_the_problem(either_house: House) -> None:
    house = either_house
    staff = house.signed_in("community_staff")
    number = opened(house, staff, text="外墙渗水多年")
    assert "写了方案以后才公开" in shown(staff, number)
    assert act(staff, number, "plan", words=" ") == 422
    assert act(staff, number, "note", words="还早") == 409, "no plan yet"
    assert act(staff, number, "plan", words="分三步更换管道") == 302
    assert "/p/legacy/" in shown(staff, number)
    assert act(staff, number, "join") == 422
    assert act(staff, number, "join", departments=["housing"], roles=["property_staff"]) == 302
    housing = house.signed_in("department_liaison", 4)
    assert "3号楼渗漏" in housing.get("/console/legacy").text
    for day, title, status in (("2026-03-01", "早了", 422), ("2026-03-20", "完成勘察", 302)):
        assert act(staff, number, "schedule", words=title, due_on=day) == status
    with house.database.reading() as session:
        [step] = milestones(session, session.get_one(LegacyProblem, number))
    late = {"milestone": step.id, "due_on": "2026-03-25"}
    assert act(housing, number, "postpone", words=" ", **late) == 422
    assert act(housing, number, "postpone", words="等材料", **late) == 302
    assert act(housing, number, "end", words="不归他", outcome="solved") == 403
    page = shown(staff, number)
    assert "原定 2026年3月20日" in page and "等材料" in page and "住建" in page
    house.later(days=23)
    staff, housing = house.signed_in("community_staff"), house.signed_in("department_liaison", 4)
    assert listed(staff, "late") == listed(staff, "open") == 1 and "过期" in shown(staff, number)
    assert act(staff, number, "reach", milestone=step.id, words="勘察完了") == 302
    assert act(staff, number, "reach", milestone=step.id) == 422, "none of that waits any more"
    assert listed(staff, "late") == 0
    assert act(staff, number, "end", words="管道全部换新", outcome="nonsense") == 422
    assert act(staff, number, "end", words="管道全部换新", outcome="solved") == 302
    assert "撤销：办结" in shown(staff, number) and "撤销" not in shown(housing, number)
    assert act(housing, number, "undo") == 422
    assert act(staff, number, "undo") == 302 and "result-title" not in shown(staff, number)
    assert act(staff, number, "end", words="管道换新了", outcome="solved") == 302
    house.later(minutes=11)
    page = shown(staff, number)
    assert "管道换新了" in page and "可以做的" not in page
    assert act(staff, number, "undo") == 422, "ten minutes have passed"
    rows = taken(staff, "legacy", state="ended")
    assert [row[:4] for row in rows[1:]] == [["3号楼渗漏", "幸福里小区3号楼", "已办结", "已解决"]]


def test_who_is_accused_and_who_serves_elsewhere_find_nothing(house: House) -> None:
    street, community = house.signed_in("subdistrict_staff"), house.signed_in("community_staff")
    number = opened(house, street, text="社区拖着不修", about=About.COMMUNITY)
    plain = opened(house, community, text="外墙渗水")
    assert "3号楼渗漏" in street.get("/console/legacy").text
    for visitor, hidden in (
        (community, [number]),
        (house.signed_in("community_staff", 3), [number, plain]),
        (house.signed_in("property_staff"), [number, plain]),
    ):
        for one in hidden:
            assert visitor.get(f"/console/legacy/{one}").status_code == 404
            assert act(visitor, one, "plan", words="方案") == 404
        assert listed(visitor, "open") == 2 - len(hidden)


def test_a_ticket_opens_one_problem_and_a_hidden_one_none(house: House) -> None:
    staff = house.signed_in("community_staff")
    first = opened(house, staff, text="外墙渗水")
    with house.database.writing() as session:
        other = ticket(session, building(session), house.now, text="又渗了").id
        hidden = ticket(session, building(session), house.now, about=About.COMMUNITY).id
        away = ticket(session, building(session, 1, "和平家园"), house.now).id
    for number in (hidden, away, "没有", 10**8):
        answer = staff.post("/console/legacy/new", {"ticket": number, "title": "渗漏"})
        assert answer.status_code == 422 and "没有找到这张工单" in answer.text
    answer = staff.post("/console/legacy/new", {"ticket": other, "title": " "})
    assert answer.status_code == 422 and f'value="{other}"' in answer.text
    assert act(staff, first, "link", ticket=hidden) == 422
    assert act(staff, first, "link", ticket=other) == 302 and "又渗了" in shown(staff, first)
    assert act(staff, first, "link", ticket=other) == 409
    for path in ("/console/legacy", f"/console/legacy/{first}", "/console/legacy/new"):
        assert queries_of(house.database, lambda path=path: staff.get(path)) <= 12, path
