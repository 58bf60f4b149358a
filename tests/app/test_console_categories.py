"""The names of classes: changed by staff, shown everywhere at once, and no key is ever lost."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from bots import naming
from bots.handlers.clarifying import class_named
from bots.rendering import WORDING, kind, render, shipped
from bots.taught import taught
from bots.teaching import words_in
from bots.understand import understand
from config.categories import CATEGORIES, NAMING, Shown, categories, label_of
from jobs.listings.tickets import Tickets
from models.hazards import rules
from models.policies import body_of
from models.tickets.sight import sight_of
from models.tickets.table import Ticket
from tests.app.test_console_queue import queries_of
from tests.app.visitor import House, Visitor
from tests.chat import Town, shipped_lexicon
from tests.factories import building, demo_person, ticket

EDIT, LOOK = "/console/settings/edit?of=categories", "/console/settings/look"
PUBLISH, REVERT = "/console/settings/publish", "/console/settings/revert"


@pytest.fixture(autouse=True)
def names_as_shipped() -> Iterator[None]:
    yield
    NAMING.use(Shown())
    shipped.cache_clear()
    WORDING.use(WORDING.written)


@pytest.fixture
def staff(house: House) -> Visitor:
    return house.signed_in("subdistrict_staff")


def draft(**changed: str) -> dict[str, Any]:
    """The form as it stands, with these fields otherwise; __ is a dot."""
    form: dict[str, Any] = {"of": "categories", "after": 0, "reason": "大家这么叫"}
    for place, one in enumerate(CATEGORIES.values(), start=1):
        form |= {f"name.{one.key}": one.label, f"place.{one.key}": str(place)}
        for child in one.children:
            form[f"name.{one.key}.{child.key}"] = child.label
            if child.key != "other":
                form[f"offered.{one.key}.{child.key}"] = "1"
    return form | {key.replace("__", "."): value for key, value in changed.items()}


RENAMED = {
    "name__noise": "吵闹",
    "name__noise__equipment": "机器嗡嗡",
    "place__noise": "0",
    "offered__noise__construction": "",
}


def test_a_class_is_renamed_moved_and_left_out_and_every_word_follows(
    house: House, staff: Visitor
) -> None:
    with house.database.writing() as session:
        one = ticket(session, building(session), house.now, subcategory="construction")
    page = staff.get(EDIT).text
    assert 'value="噪音"' in page and "先派给：网格员，没有就网格长" in page
    look = staff.post(LOOK, draft(**RENAMED)).text
    assert "噪音 → 吵闹：" in look and "以后不给选" in look and "<ins>吵闹</ins>" in look
    assert label_of("noise") == "噪音"
    assert staff.post(PUBLISH, draft(**RENAMED)).status_code == 302
    with house.database.reading() as session:
        naming.follow(session)
        assert body_of(session, "categories", 1) == {
            "labels": {"noise": "吵闹", "noise.equipment": "机器嗡嗡"},
            "order": ["noise", *(key for key in CATEGORIES if key != "noise")],
            "hidden": ["noise.construction"],
        }
    assert kind("noise", "equipment") == "吵闹·机器嗡嗡" and categories()[0].label == "吵闹"
    assert kind("noise", "construction") == "吵闹·工地施工"  # what is hidden has its name yet
    assert "construction" not in [child.key for child in categories()[0].children]
    assert class_named("机器嗡嗡") == class_named("设备低频") == ("noise", "equipment")
    assert "吵闹" in staff.get(f"/console/tickets/{one.id}").text
    assert "1 吵闹" in Town(house.database, house.now).person("demo-resident-1").say("改类")
    assert 'value="吵闹"' in staff.get(EDIT).text
    back = {"of": "categories", "version": 0, "after": 1, "reason": "还是原来的"}
    assert staff.post(REVERT, back).status_code == 302
    with house.database.reading() as session:
        naming.follow(session)
    assert kind("noise", "equipment") == "噪音·设备低频"
    assert [one.key for one in categories()] == list(CATEGORIES)


def follow(house: House) -> None:
    """As every process does each second."""
    with house.database.reading() as session:
        naming.follow(session)


def test_staff_add_a_child_that_people_choose_and_that_no_version_takes_away(
    house: House, staff: Visitor
) -> None:
    added = draft(new__fire_safety="电瓶车棚隐患", new__parking="共享单车乱放")
    look = staff.post(LOOK, added).text
    assert "新加的小类：停车·共享单车乱放、消防隐患·电瓶车棚隐患" in look
    assert staff.post(PUBLISH, added).status_code == 302
    assert label_of("parking", "own_1") == "停车", "a process that has not looked yet"
    follow(house)
    assert [child.key for child in categories()[0].children][-2:] == ["own_1", "other"]
    resident = Town(house.database, house.now).person("demo-resident-1")
    resident.say("幸福里3号楼前面有车乱停")
    assert resident.say("改类").endswith("也可以直接回名字：共享单车乱放、电瓶车棚隐患")
    assert "停车·共享单车乱放" in resident.say("共享单车乱放")
    with house.database.reading() as session:
        [one] = session.scalars(select(Ticket)).all()
        assert (one.category, one.subcategory) == ("parking", "own_1")
        desk = sight_of(session, demo_person(session, "subdistrict_staff"), house.now)
        page, _ = Tickets().page(session, desk.person_id, {}, house.now, 0)
        assert page[0][2] == "停车·共享单车乱放"
    assert "停车·共享单车乱放" in staff.get(f"/console/tickets/{one.id}").text
    chosen = {"class": "fire_safety.own_1"}
    assert staff.post(f"/console/tickets/{one.id}/class", chosen).status_code == 302
    assert "消防隐患·电瓶车棚隐患" in staff.get("/console/tickets").text
    assert rules.is_hazardous("fire_safety", "own_1")
    assert (
        staff.post(f"/console/tickets/{one.id}/class", {"class": "noise.own_1"}).status_code == 422
    )
    back = {"of": "categories", "version": 0, "after": 1, "reason": "先不要了"}
    assert staff.post(REVERT, back).status_code == 302
    follow(house)
    assert class_named("电瓶车棚隐患") is None and label_of("fire_safety", "own_1").endswith("隐患")
    form = staff.get(EDIT).text
    assert 'name="name.parking.own_1"' in form and 'name="offered.parking.own_1" value="1">' in form
    kept = {"name__parking__own_1": "共享单车", "name__fire_safety__own_1": "车棚"}
    again = draft(new__parking="房车占位", offered__parking__own_1="1", **kept) | {"after": 2}
    assert staff.post(PUBLISH, again).status_code == 302
    follow(house)
    parking = [(child.key, child.label) for child in categories()[0].children]
    assert parking[-3:-1] == [("own_1", "共享单车"), ("own_2", "房车占位")]
    assert kind("fire_safety", "own_1") == "消防隐患·车棚" and class_named("车棚") is None


def test_a_taught_word_may_point_to_a_child_that_staff_added(house: House, staff: Visitor) -> None:
    staff.post(PUBLISH, draft(new__parking="共享单车乱放"))
    follow(house)
    words = words_in("哈罗小黄 停车·共享单车乱放 9", shipped_lexicon())
    assert words == {"哈罗小黄": {"parking.own_1": 9.0}}
    text = "门口哈罗小黄堆成山"
    found = understand(text, taught(shipped_lexicon(), words))
    assert (found.category, found.subcategory) == ("parking", "own_1")
    assert understand(text, shipped_lexicon()).subcategory != "own_1"
    assert "停车·共享单车乱放" in staff.get("/console/lexicon?word=小黄车").text


def test_what_would_confuse_people_is_told_and_nothing_typed_is_lost(staff: Visitor) -> None:
    wrong = draft(
        name__noise=" ",
        name__parking="很长很长很长很长很长很长很长",
        name__noise__equipment="工地施工",
        place__pets="前面",
        new__leak="僵尸车",
        new__pets="12",
    )
    refused = staff.post(LOOK, wrong)
    assert refused.status_code == 422
    for words in (
        "“噪音”的名字空着",
        "太长，最多 12 个字",
        "两个都叫“工地施工”",
        "要写数字",
        "两个都叫“僵尸车”",
        "“12”不像名字",
    ):
        assert words in refused.text
    assert 'value="前面"' in refused.text and 'value="僵尸车"' in refused.text
    assert staff.post(PUBLISH, draft()).status_code == 409
    assert staff.post(LOOK, {"of": "categories", "after": 0}).status_code == 422


def test_a_version_with_classes_that_are_gone_is_read_as_far_as_it_goes() -> None:
    shown = naming.shown_in(
        {
            "labels": {"noise": "吵", "gone": "没了", "noise.gone": "没了"},
            "order": ["gone", "pets"],
            "hidden": ["noise.other", "noise.gone", "noise.equipment", "noise"],
        },
        {},
    )
    assert shown.labels == {"noise": "吵"} and shown.order == ("pets",)
    assert shown.hidden == {"noise.equipment"}
    assert render("courtesy", {})


def test_who_may_not_change_it_reads_it_in_few_queries(house: House, staff: Visitor) -> None:
    assert queries_of(house.database, lambda: staff.get(EDIT)) <= 12
    reader = house.signed_in("community_staff")
    assert "只能看" in reader.get(EDIT).text
    assert reader.post(PUBLISH, draft(**RENAMED)).status_code == 403
