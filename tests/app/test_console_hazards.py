"""The hazard ledger at a desk: what stands where, who reads it, and what was done with it."""

import re
from datetime import timedelta

import pytest

from models.hazards.flow import Finder, HazardState
from models.hazards.table import Hazard
from models.matchings import sending
from models.posts import Role
from models.tickets.table import About
from tests import factories
from tests.app.test_console_exports import taken
from tests.app.test_console_queue import queries_of
from tests.app.visitor import House, Visitor
from tests.factories import area_named, building, demo_person, ticket
from tests.models.test_hazards import found, passed_up


def numbers(visitor: Visitor, **query: object) -> set[int]:
    answer = visitor.get("/console/hazards", query_string=query)
    assert answer.status_code == 200
    listed = {int(one) for one in re.findall(r'href="/console/hazards/(\d+)"', answer.text)}
    counted = re.search(r'共 <strong class="number">(\d+)</strong> 处', answer.text)
    assert counted is not None and int(counted[1]) == len(listed), query
    return listed


def act(visitor: Visitor, number: int, action: str, **more: str) -> int:
    path = f"/console/hazards/{number}/act"
    return visitor.post(path, {"action": action, **more}).status_code


def state(house: House, number: int) -> HazardState:
    with house.database.reading() as session:
        return session.get_one(Hazard, number).state


def test_each_group_counts_its_list_and_each_step_moves_it_on(either_house: House) -> None:
    house = either_house
    with house.database.writing() as session:
        spot, other = found(session).id, found(session, text="灭火器过期 13800000001").id
        solved = found(session, HazardState.SOLVED, found_by=Finder.PROPERTY).id
        sent, _ = passed_up(session)
        up, where = sent.id, building(session).estate_id
        elsewhere = found(session, area_id=building(session, 1, "和平家园").id).id
    community = house.signed_in("community_staff")
    assert numbers(community) == {spot, other, up}
    assert numbers(community, state="found") == {spot, other, solved, up}
    assert numbers(community, state="solved_on_the_spot") == {solved}
    assert numbers(community, state="found", finder="property") == {solved}
    assert numbers(community, state="found", area=where, q="3号楼") == {spot, other, solved, up}
    assert numbers(community, state="found", to="2026-03-02") == set()
    assert elsewhere not in numbers(community, state="found")
    assert community.get(f"/console/hazards/{elsewhere}").status_code == 404
    assert "138****0001" in community.get("/console/hazards").text
    assert act(community, spot, "solve", words="清走") == 302
    assert "撤销：当场解决" in community.get(f"/console/hazards/{spot}").text
    assert act(community, spot, "undo") == 302 and state(house, spot) == HazardState.FOUND
    assert act(community, spot, "undo") == 422
    assert act(community, other, "strike") == 422, "a reason is asked for"
    assert act(community, other, "strike", words="是住户的快递") == 302
    assert act(community, spot, "solve", words="当场清走") == 302
    assert act(community, spot, "solve") == 409 and act(community, spot, "nonsense") == 404
    assert "当场清走" in community.get(f"/console/hazards/{spot}").text
    assert act(community, spot, "pass_up") == 302 and state(house, spot) == HazardState.PASSED_UP
    assert "工单 #" in community.get(f"/console/hazards/{spot}").text
    rows = taken(community, "hazards", state="found")
    assert len(rows) == 4 and {row[1] for row in rows[1:]} == {"平安哨兵", "物业"}
    reader = house.signed_in("property_staff")
    assert act(reader, up, "strike", words="不算") == 403, "who reads the ledger does not keep it"


@pytest.mark.parametrize("has_ticket", [True, False])
def test_who_is_accused_finds_nothing_of_it_anywhere(house: House, has_ticket: bool) -> None:
    with house.database.writing() as session:
        if has_ticket:
            number = passed_up(session, about=About.PROPERTY, text="保安把消防门锁了")[0].id
        else:
            number = found(session, about=About.PROPERTY, text="保安把消防门锁了").id
        # A second post makes nobody impartial.
        guard = demo_person(session, "property_staff")
        factories.post(session, Role.GRID_WORKER, area_named(session, "幸福第一网格"), guard)
    accused, community = house.signed_in("property_staff"), house.signed_in("community_staff")
    assert numbers(community, state="found") == {number}
    assert "保安" in community.get(f"/console/hazards/{number}").text
    assert numbers(accused, state="found") == set()
    assert accused.get(f"/console/hazards/{number}").status_code == 404
    assert act(accused, number, "strike", words="没有这事") == 404
    assert taken(accused, "hazards", state="found")[1:] == []


def test_a_residents_words_and_name_are_for_who_may_see_the_ticket(house: House) -> None:
    with house.database.writing() as session:
        one = ticket(
            session,
            building(session),
            house.now,
            text="楼道里有人拉飞线充电",
            category="ebike_charging",
            subcategory="flying_wire_charging",
        )
        number = session.query(Hazard).filter_by(ticket_id=one.id).one().id
    leader, guard = house.signed_in("grid_leader"), house.signed_in("property_staff")
    assert "拉飞线充电" in leader.get(f"/console/hazards/{number}").text
    page = guard.get(f"/console/hazards/{number}").text
    assert "拉飞线充电" not in page and f"/console/tickets/{one.id}" not in page
    assert "居民A" not in page + leader.get(f"/console/hazards/{number}").text


def test_what_patrol_and_grid_compared_is_read_by_day(house: House) -> None:
    with house.database.writing() as session:
        seen, hidden = found(session), found(session, about=About.COMMUNITY)
        grid = area_named(session, "幸福第一网格")
        later = house.now + timedelta(hours=1)
        assert sending.send(session, "hazard_matching", later, grid.id)
        ids = seen.id, hidden.id
    community = house.signed_in("community_staff")
    day = {"day": "2026-03-03"}
    page = community.get("/console/hazards/matchings", query_string=day).text
    assert "幸福第一网格" in page and f"/console/hazards/{ids[0]}" in page
    assert f"/console/hazards/{ids[1]}" not in page, "it is about them"
    assert "没有要对接的" in community.get("/console/hazards/matchings?day=2026-03-01").text
    assert "没有要对接的" not in community.get("/console/hazards/matchings?day=nonsense").text
    for path in ("/console/hazards", f"/console/hazards/{ids[0]}", "/console/hazards/matchings"):
        assert queries_of(house.database, lambda path=path: community.get(path)) <= 12, path
