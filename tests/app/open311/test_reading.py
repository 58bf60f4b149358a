"""What anybody reads by Open311: services, requests in words that betray nobody, both forms."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import pytest
from sqlalchemy.orm import Session

from config.categories import LEVEL_ONE, Intent, Urgency
from config.policy import load
from models import policies
from models.base import Database
from models.open311 import public
from models.ticket_flow import Action, Outcome
from models.tickets.actions import apply
from models.tickets.table import About, Ticket
from tests.app.open311.conftest import Tool, plain
from tests.factories import MORNING, actor, area_named, building, demo_person, person, ticket
from tests.statements import counted

LAMP = {"category": "facility", "subcategory": "street_lamp"}


def lamp(session: Session, **more: Any) -> Ticket:
    words = {"text": "3号楼2单元501室门口路灯不亮，找居民甲13800138000"}
    return ticket(session, building(session), **LAMP | words | more)


def ids(tool: Tool, **asked: str) -> list[str]:
    return [one["service_request_id"] for one in tool.read("/requests.json", **asked)]


def test_every_class_is_open_or_closed_for_a_reason_and_every_exception_is_a_child_of_ours() -> (
    None
):
    rules = load("open311")
    assert {*rules["open"], *rules["closed"]} == set(LEVEL_ONE)
    assert not rules["open"].keys() & rules["closed"].keys()
    assert all([*rules["open"].values(), *rules["closed"].values()])
    for key in rules["closed_children"]:
        parent, _, child = key.partition(".")
        assert parent in rules["open"]
        assert child in load("categories")[parent]["children"]
        assert not public.is_open_class(parent, child)
        assert public.is_open_class(parent, None)


def test_services_and_their_definitions_say_what_may_be_filed(tool: Tool) -> None:
    listed = {one["service_code"]: one for one in tool.read("/services.json")}
    assert listed.keys() == set(LEVEL_ONE) - {"not_estate"}
    assert listed["facility"]["service_name"] == "公共设施"
    assert (listed["facility"]["type"], listed["neighbor_dispute"]["type"]) == (
        "realtime",
        "blackbox",
    )
    definition = tool.read("/services/facility.json")
    kind = definition["attributes"][0]
    assert {"key": "street_lamp", "name": "路灯照明"} in kind["values"]
    assert plain(ElementTree.fromstring(tool.get("/services.xml").data))[0].keys() == (
        listed["facility"].keys()
    )
    assert tool.get("/services/nothing.json").get_json() == [
        {"code": 404, "description": "there is no service of this service_code"}
    ]
    found = tool.app.test_client().get("/open311/discovery.xml")
    assert found.content_type == "text/xml; charset=utf-8"
    assert ElementTree.fromstring(found.data).findtext("endpoints/endpoint/url") == (
        "https://www.heshun.example/open311/v2"
    )


def test_a_request_tells_how_far_it_is_and_nothing_of_who_reported_or_lives_there(
    either_tool: Tool,
) -> None:
    tool = either_tool
    with tool.database.writing() as session:
        reporter = person(session, "居民甲")
        made = lamp(session, reporter=reporter.id, spot="2单元501室门口")
        made_id = made.id
    [one] = tool.read("/requests.json")
    assert one["service_request_id"] == str(made_id)
    assert (one["status"], one["status_notes"]) == ("open", "已派单")
    assert one["description"] == "3号楼2单元****室门口路灯不亮，找＊＊138****8000"
    assert one["address"] == "2单元****室门口 3号楼 幸福里小区 幸福社区"
    assert one["requested_datetime"] == "2026-03-03T09:00:00+08:00"
    assert one["expected_datetime"] > one["requested_datetime"]
    assert one["agency_responsible"] == "物业"
    assert one == tool.read(f"/requests/{made_id}.json")[0]
    xml = ElementTree.fromstring(tool.get(f"/requests/{made_id}.xml").data)
    assert plain(xml) == [{name: value or "" for name, value in one.items()}]

    with tool.database.writing() as session:
        made = session.get_one(Ticket, made_id)
        owner = actor(session, "property_staff")
        apply(session, made, Action.ACCEPT, by=owner, at=MORNING)
        later = MORNING + timedelta(hours=2)
        apply(
            session,
            made,
            Action.RESOLVE,
            by=owner,
            at=later,
            reason="换了灯泡，和居民甲说过了",
            outcome=Outcome.FIXED,
        )
    [one] = tool.read("/requests.json", status="closed")
    assert (one["status"], one["status_notes"]) == ("closed", "已解决: 换了灯泡，和＊＊说过了")
    assert one["updated_datetime"] == "2026-03-03T11:00:00+08:00"
    assert ids(tool, status="open") == []


HIDDEN = {
    "a quarrel": {"category": "neighbor_dispute", "subcategory": None},
    "a child that touches one person": {"category": "noise", "subcategory": "upstairs"},
    "about the company": {"about": About.PROPERTY},
    "its reporter hides": {"hides_reporter": True},
    "an emergency": {"urgency": Urgency.EMERGENCY, "emergency": "trapped"},
    "a wish": {"intent": Intent.WISH},
}


def test_what_is_protected_is_in_no_list_and_no_count_and_no_number_opens_it(
    either_tool: Tool,
) -> None:
    tool = either_tool
    with tool.database.writing() as session:
        hidden = {why: lamp(session, **more).id for why, more in HIDDEN.items()}
        hidden["nowhere yet"] = ticket(session, None, **LAMP).id
        gone = lamp(session, about=About.PROPERTY)
        apply(session, gone, Action.WITHDRAW, by=actor(session, "resident"), at=MORNING)
        hidden["about the company, withdrawn"] = gone.id
        quarrel = session.get_one(Ticket, hidden["a quarrel"])
        joined = lamp(session)
        joined.state, joined.merged_into = "merged", quarrel.id
        hidden["merged into one that is hidden"] = joined.id
        shown = lamp(session).id
    assert ids(tool) == [str(shown)]
    every = ",".join(str(one) for one in range(1, shown + 3))
    assert ids(tool, service_request_id=every) == [str(shown)]
    nobodys = tool.get("/requests/999999.json")
    for why, number in hidden.items():
        answer = tool.get(f"/requests/{number}.json")
        assert (answer.status_code, answer.data) == (404, nobodys.data), why
    with tool.database.writing() as session:
        for number in (*hidden.values(), shown):
            one = session.get_one(Ticket, number)
            one.state = one.state if one.merged_into else "withdrawn"
    assert ids(tool) == ids(tool, status="closed") == [str(shown)]
    for bent in ("x", "0", "-1", "９", "1.5", "9" * 30):
        assert tool.get(f"/requests/{bent}.json").data == nobodys.data, bent


def test_who_follows_what_was_taken_back_reads_that_it_is_closed_and_none_of_its_words(
    either_tool: Tool,
) -> None:
    tool = either_tool
    with tool.database.writing() as session:
        made = lamp(session, spot="东门")
        apply(session, made, Action.WITHDRAW, by=actor(session, "resident"), at=MORNING)
    [one] = tool.read(f"/requests/{made.id}.json")
    assert (one["status"], one["status_notes"]) == ("closed", "已撤回")
    assert (one["description"], one["address"], one["address_id"]) == ("", "", None)
    assert one["service_code"] == "facility"
    assert tool.read("/requests.json", status="closed") == [one]
    assert ids(tool, status="open") == []


def test_a_list_longer_than_pages_lead_is_read_to_its_end_by_its_links(
    either_tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = either_tool
    monkeypatch.setitem(load("open311")["most"], "rows_by_page", 4)
    with tool.database.writing() as session:
        many = [lamp(session, now=MORNING - timedelta(hours=one // 3)).id for one in range(8)]
        closing = session.get_one(Ticket, many[2])
        joined = session.get_one(Ticket, many[5])
        joined.state, joined.merged_into = "merged", many[4]
        apply(session, closing, Action.WITHDRAW, by=actor(session, "resident"), at=MORNING)
    whole = ids(tool)
    assert sorted(whole) == sorted(map(str, many))
    refused = tool.get("/requests.json", page_size="2", page="3")
    assert (refused.status_code, "from 1 to 2" in refused.text) == (400, True)
    for asked in ({}, {"status": "open"}, {"status": "closed"}, {"service_code": "facility"}):
        walked: list[str] = []
        query = asked | {"page_size": "3"}
        while query:
            answer = tool.get("/requests.json", **query)
            walked += [one["service_request_id"] for one in answer.get_json()]
            link = answer.headers.get("Link", "")
            tool.later(days=1)  # a walk takes its time
            query = dict(parse_qsl(link.partition("?")[2].partition(">")[0]))
        tool.now = MORNING
        assert walked == ids(tool, **asked), asked
    assert ids(tool, status="open") == [one for one in whole if one != str(closing.id)]
    assert tool.get("/requests.json", after="yesterday").status_code == 400


def test_a_place_or_the_house_may_switch_reading_off(tool: Tool) -> None:
    with tool.database.writing() as session:
        lamp(session)
        elsewhere = ticket(session, area_named(session, "和平家园"), **LAMP).id
        community = area_named(session, "幸福社区").id
        admin = demo_person(session, "admin")
        policies.publish(
            session, "open311", {"reading": "off"}, after=0, by=admin, at=MORNING, area_id=community
        )
    assert ids(tool) == [str(elsewhere)]
    with tool.database.writing() as session:
        policies.publish(session, "open311", {"reading": "off"}, after=0, by=admin, at=MORNING)
    assert ids(tool) == []


def test_readings_are_narrowed_by_class_time_and_page_and_nonsense_is_refused(tool: Tool) -> None:
    with tool.database.writing() as session:
        old = lamp(session, now=MORNING - timedelta(days=91)).id
        lamps = [lamp(session).id for _ in range(3)]
        tree = ticket(session, building(session), category="greening").id
    newest_first = [str(one) for one in sorted(lamps, reverse=True)]
    assert ids(tool) == [str(tree), *newest_first]
    assert ids(tool, service_code="facility", page_size="2") == newest_first[:2]
    assert ids(tool, service_code="facility", page_size="2", page="2") == newest_first[2:]
    assert ids(tool, service_code="greening,noise") == [str(tree)]
    assert ids(tool, end_date="2026-01-01T00:00:00+08:00") == [str(old)]
    assert ids(tool, start_date="2025-12-01T00:00:00 08:00", end_date="2026-02-01T00:00:00Z") == [
        str(old)
    ]
    for asked in (
        {"start_date": "yesterday"},
        {"start_date": "2026-01-01T00:00:00"},
        {"end_date": "0001-01-01T00:00:00Z"},
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-12-01T00:00:00Z"},
        {"status": "broken"},
        {"page": "0"},
        {"page_size": "1001"},
    ):
        answer = tool.get("/requests.json", **asked)
        assert answer.status_code == 400, asked
        assert answer.get_json()[0]["code"] == 400
    assert tool.get("/requests.json", jurisdiction_id="heshun.example").status_code == 200
    strange = tool.get("/requests.xml", jurisdiction_id="elsewhere.example")
    assert ElementTree.fromstring(strange.data).findtext("error/code") == "404"
    lost = tool.get("/nowhere")
    assert (lost.status_code, lost.content_type) == (404, "text/xml; charset=utf-8")


def test_a_page_takes_as_few_statements_as_one_request_and_an_address_reads_so_often(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(load("open311")["most"], "readings_per_minute", 3)
    tool = Tool(database, tmp_path)
    with database.writing() as session:
        for _ in range(12):
            lamp(session)
    with counted(database) as many:
        assert len(ids(tool)) == 12
    assert len(many) <= 8
    assert [tool.get("/services.json").status_code for _ in range(3)] == [200, 200, 429]
    tool.later(minutes=1)
    assert tool.get("/services.json").status_code == 200
