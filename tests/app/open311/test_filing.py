"""What an outside tool files becomes a ticket as from anybody: understood, placed, joined, once."""

import json
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from app.office import make_office
from app.open311.blueprint import make_open311
from config.policy import load
from config.settings import Settings
from models import media, outside_systems
from models.errors import StoreBusy
from models.events import Event
from models.outside_systems import OutsideKey, OutsideSystem, Power
from models.people import Person
from models.ticket_flow import State
from models.tickets import refining
from models.tickets.table import About, Note, Ticket
from tests.app.open311.conftest import V2, Tool
from tests.factories import MORNING, building, demo_person

LAMP = {
    "service_code": "facility",
    "address_string": "幸福里小区3号楼",
    "description": "楼道灯不亮，三天了",
}


def last(tool: Tool) -> Ticket:
    with tool.database.reading() as session:
        return session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()


def count(tool: Tool) -> int:
    with tool.database.reading() as session:
        return session.scalar(select(func.count(Ticket.id))) or 0


def test_a_request_is_understood_placed_and_dispatched_and_its_reporter_becomes_a_person(
    either_tool: Tool,
) -> None:
    tool = either_tool
    who = {"first_name": "甲", "last_name": "居民", "phone": "138 0000 0031"}
    link = {"media_url": "https://photos.example/1.jpg", "attribute[kind]": "street_lamp"}
    said = tool.file(**LAMP, **who, **link)
    made = last(tool)
    assert said["service_request_id"] == str(made.id)
    assert said["service_notice"].startswith(f"已受理 #{made.id}\n负责：物业\n最晚 ")
    assert (made.category, made.subcategory, made.spot) == ("facility", "street_lamp", None)
    with tool.database.reading() as session:
        assert made.area_id == building(session).id
        assert made.owner_id is not None
        reporter = session.get_one(Person, made.reporter_id)
        assert (reporter.name, reporter.phone) == ("居民甲", "13800000031")
        assert session.scalars(select(Note.text)).one() == link["media_url"]
        event = session.scalars(select(Event).where(Event.verb == "ticket_recorded")).one()
        assert event.detail == {"channel": "open311"}
    [read] = tool.read(f"/requests/{said['service_request_id']}.json")
    assert (read["status"], read["service_name"]) == ("open", "公共设施·路灯照明")

    door = {"description": "单元门关不上", "address_string": "幸福里小区3号楼2单元门口左边那扇"}
    tool.file(**LAMP | door, phone="13800000031")
    assert last(tool).reporter_id == made.reporter_id
    with tool.database.reading() as session:
        notes = session.scalars(select(Note.text).where(Note.ticket_id == last(tool).id)).all()
    assert notes == [door["address_string"]]


def test_the_same_request_sent_again_after_a_time_out_is_one_ticket_with_one_answer(
    either_tool: Tool,
) -> None:
    tool = either_tool
    first = tool.file(**LAMP)
    tool.later(minutes=1)
    xml = tool.post("xml", **LAMP)
    assert xml.content_type == "text/xml; charset=utf-8"
    assert (
        ElementTree.fromstring(xml.data).findtext("request/service_request_id")
        == (first["service_request_id"])
    )
    assert count(tool) == 1
    tool.later(hours=25)
    assert tool.file(**LAMP)["service_request_id"] != first["service_request_id"]
    assert count(tool) == 2


def test_a_neighbours_matter_is_joined_and_followed_as_the_one_it_became_part_of(
    tool: Tool,
) -> None:
    first = tool.file(**LAMP, phone="13800000031")
    second = tool.file(**LAMP, phone="13800000032")
    joined = last(tool)
    assert (joined.state, joined.merged_into) == (State.MERGED, int(first["service_request_id"]))
    assert second["service_notice"].startswith(
        f"已受理 #{joined.id}，和 #{joined.merged_into} 一起办"
    )
    with tool.database.reading() as session:
        assert session.get_one(Ticket, joined.merged_into).households == 2
    [read] = tool.read(f"/requests/{second['service_request_id']}.json")
    assert (read["status"], read["status_notes"]) == ("open", "已派单")


def test_what_nobody_may_read_gets_a_token_which_gives_no_number_until_anybody_may(
    tool: Tool,
) -> None:
    complaint = LAMP | {"description": "物业收了钱不修灯，态度恶劣，我要投诉物业"}
    first = tool.file(**complaint, phone="13800000031")
    accusing = tool.file(**complaint, phone="13800000032")
    assert last(tool).about == About.PROPERTY
    # Whoever keeps the tool does not learn that others complain of the same.
    assert last(tool).merged_into is None and "一起办" not in accusing["service_notice"]
    assert "token" in first
    nowhere = tool.file(service_code="facility", lat="31.2304", long="121.4737")
    lost = last(tool)
    assert (lost.area_id, lost.spot) == (None, "(31.230400, 121.473700)")
    for said in (accusing, nowhere):
        assert "service_request_id" not in said
        assert tool.read(f"/tokens/{said['token']}.json") == [
            {"service_request_id": None, "token": said["token"]}
        ]
    with tool.database.writing() as session:
        staff = demo_person(session, "duty_desk")
        found = session.get_one(Ticket, lost.id)
        refining.place(session, found, building(session), by=staff, at=MORNING)
    [read] = tool.read(f"/tokens/{nowhere['token']}.json")
    assert read["service_request_id"] == str(lost.id)
    assert tool.read(f"/requests/{lost.id}.json")[0]["address"].endswith("幸福里小区 幸福社区")
    assert tool.get("/tokens/nothing.json").status_code == 404


def test_someone_stuck_in_a_lift_is_told_whom_to_call_at_once(tool: Tool) -> None:
    said = tool.file(**LAMP | {"service_code": "", "description": "3号楼电梯困人了，里面有老人"})
    assert said["service_notice"].startswith("【先保安全】")
    assert "token" in said


def test_without_service_or_words_the_other_one_tells_and_an_address_may_be_one_of_ours(
    tool: Tool,
) -> None:
    with tool.database.reading() as session:
        ours = building(session, 5).id
    tool.file(address_id=str(ours), description="电梯又坏了")
    assert (last(tool).category, last(tool).area_id) == ("elevator", ours)
    tool.file(address_id=str(ours), service_code="greening", **{"attribute[kind]": "pruning"})
    assert (last(tool).category, last(tool).text) == ("greening", "绿化 树木修剪")
    hidden = tool.file(
        address_id=str(ours), service_code="greening", **{"attribute[hidden]": "yes"}
    )
    assert last(tool).hides_reporter
    assert "token" in hidden


def test_photos_in_the_form_come_to_who_works_on_it_drawn_anew_and_are_shown_to_nobody_outside(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(load("open311")["most"], "body_bytes", 20_000)

    def sent(*contents: bytes, part: str = "media") -> dict[str, Any]:
        return {part: [(BytesIO(one), "photo.jpg") for one in contents]}

    said = tool.file(**LAMP, **sent(photo(), photo("green")))
    assert tool.file(**LAMP, **sent(photo(), photo("green"))) == said
    assert count(tool) == 1
    made = last(tool)
    with tool.database.reading() as session:
        kept = media.photos_of(session, made.id)
        assert [one.person_id for one in kept] == [made.reporter_id] * 2
        files = [tool.folder / "media" / media.path_of(one.sha256 or "") for one in kept]
    assert all(b"taken at home" not in one.read_bytes() for one in files)
    [read] = tool.read(f"/requests/{made.id}.json")
    assert read["media_url"] is None

    no_photo = b"<svg/>" * 40
    for code, given in (
        (400, sent(no_photo)),
        (400, sent(*[photo()] * 4)),
        (400, sent(photo(), part="file")),
        (413, sent(bytes(21_000))),
        (413, {"description": "x" * 66_000}),
    ):
        answer = tool.post(**LAMP | {"description": "又坏了"} | given)
        assert answer.status_code == code, answer.text
    assert tool.post(api_key="nothing", **LAMP, **sent(no_photo)).status_code == 403
    assert count(tool) == 1


def photo(colour: str = "red") -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    content = BytesIO()
    Image.new("RGB", (64, 48), colour).save(content, "JPEG", exif=exif)
    return content.getvalue()


def test_what_can_not_be_used_is_refused_with_its_reason_and_nothing_is_kept(tool: Tool) -> None:
    for code, wrong in (
        (404, {"service_code": "nothing"}),
        (404, {"service_code": "not_estate"}),
        (404, {"address_id": "999999"}),
        (404, {"address_id": "x"}),
        (400, {"service_code": "", "description": ""}),
        (400, {"address_string": ""}),
        (400, {"lat": "31.2"}),
        (400, {"lat": "nan", "long": "1"}),
        (400, {"lat": "91", "long": "1"}),
        (400, {"phone": "12"}),
        (400, {"first_name": "x" * 31}),
        (400, {"media_url": "javascript:alert(1)"}),
        (400, {"media_url": "https://user@photos.example/1.jpg"}),
        (400, {"media_url": "https://photos.example/1.jpg 请点"}),
        (400, {"media_url": "https://"}),
        (400, {"description": "字" * 4001}),
        (400, {"attribute[kind]": "nothing"}),
        (404, {"jurisdiction_id": "elsewhere.example"}),
    ):
        for form in ("json", "xml"):
            answer = tool.post(form, **LAMP | wrong)
            assert answer.status_code == code, (wrong, answer.text)
        assert ElementTree.fromstring(answer.data).findtext("error/code") == str(code)
    assert count(tool) == 0


def test_a_key_files_what_it_may_where_it_may_and_so_often(tool: Tool) -> None:
    reading = tool.key_for("和顺街道", Power.READ)
    for key in ("", "nothing", reading):
        answer = tool.post(**LAMP, api_key=key)
        assert (answer.status_code, json.loads(answer.data)[0]["code"]) == (403, 403)
    tool.key = tool.key_for("和平社区", per_minute=3)
    assert tool.post(**LAMP).status_code == 400
    with tool.database.reading() as session:
        far = building(session).id
    assert tool.post(**LAMP | {"address_string": "", "address_id": str(far)}).status_code == 404
    assert tool.post(**LAMP | {"address_string": "和平家园"}).status_code == 201
    assert tool.post(**LAMP | {"address_string": "和平家园"}).status_code == 429
    tool.later(minutes=1)
    with tool.database.writing() as session:
        admin = demo_person(session, "admin")
        newest = session.scalars(select(OutsideSystem.id).order_by(OutsideSystem.id.desc())).first()
        outside_systems.end(session, newest, by=admin, at=tool.now)
    assert tool.post(**LAMP | {"address_string": "和平家园"}).status_code == 403


def test_a_key_in_the_address_serves_too_and_its_use_is_noted(tool: Tool) -> None:
    client = tool.app.test_client()
    answer = client.post(f"{V2}/requests.json?api_key={tool.key}", data=LAMP)
    assert answer.status_code == 201
    with tool.database.reading() as session:
        assert session.scalars(select(OutsideKey.last_used_at)).all() == [tool.now]


def test_a_store_that_is_busy_or_away_says_so_in_the_form_that_was_asked_for(tool: Tool) -> None:
    def busy() -> None:
        raise StoreBusy

    def broken() -> None:
        raise ZeroDivisionError

    for why, code in ((busy, 503), (broken, 500)):
        app = Flask("open311-in-trouble", static_folder=None)
        office = make_office(tool.database, Settings(), why)
        app.register_blueprint(make_open311(office))
        answer = app.test_client().get(f"{V2}/requests.json")
        assert (answer.status_code, json.loads(answer.data)[0]["code"]) == (code, code)
