"""A resident with homes in two estates: each report goes to the right one, or one question asks."""

import pytest
from sqlalchemy import select

from models import homes
from models.places import full_name
from models.tickets.table import Ticket
from tests.chat import Talker, Town


@pytest.fixture
def resident(town: Town) -> Talker:
    """Lives in 幸福里小区3号楼 and rents in 阳光花园2号楼."""
    talker = town.person("demo-resident-1")
    talker.say("绑定 阳光花园2号楼")
    assert "现在有 2 处房屋" in talker.say("1")
    return talker


def place_of_last(town: Town) -> str | None:
    return town.look(
        lambda session: (
            session.scalars(select(Ticket).order_by(Ticket.id.desc())).first().place_name
        )
    )


def lived_in(town: Town, talker: Talker) -> list[str]:
    return town.look(
        lambda session: [
            full_name(session, one.area_id) for one in homes.homes_of(session, talker.person_id)
        ]
    )


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("阳光花园2号楼楼道灯不亮", "阳光花园2号楼"),
        ("2号楼楼道灯不亮", "阳光花园2号楼"),
        ("3号楼楼道灯不亮", "幸福里小区3号楼"),
        ("阳光花园楼道灯不亮", "阳光花园2号楼"),
    ],
)
def test_a_report_that_names_a_home_goes_there(
    town: Town, resident: Talker, said: str, place: str
) -> None:
    assert "是您的哪一处" not in resident.say(said)
    assert place_of_last(town) == place


def test_one_that_names_none_asks_which_home_by_digit(town: Town, resident: Talker) -> None:
    reply = resident.say("楼道灯不亮")
    assert "是您的哪一处" in reply and "2 阳光花园2号楼" in reply
    assert "阳光花园2号楼" in resident.say("2")
    assert place_of_last(town) == "阳光花园2号楼"


def test_what_answers_nothing_is_asked_again_with_the_same_homes(
    town: Town, resident: Talker
) -> None:
    resident.say("楼道灯不亮")
    reply = resident.say("4")
    assert "没有这个选项" in reply and "2 阳光花园2号楼" in reply
    resident.say("2")
    assert place_of_last(town) == "阳光花园2号楼"


def test_the_code_on_the_door_of_any_home_asks_nobody_whether_they_live_there(
    town: Town, resident: Talker
) -> None:
    assert "您住这里" in resident.scan("b2")
    resident.say("绑定 幸福里小区2号楼")
    resident.say("1")
    assert "您住这里" not in resident.scan("b2")


def test_a_number_that_both_estates_have_is_asked_about(town: Town, resident: Talker) -> None:
    reply = resident.say("1号楼楼道灯不亮")
    assert "1 幸福里小区1号楼" in reply and "2 阳光花园1号楼" in reply
    resident.say("1")
    assert place_of_last(town) == "幸福里小区1号楼"


def test_help_in_danger_sets_out_at_once_and_the_place_can_be_set_right(
    town: Town, resident: Talker
) -> None:
    reply = resident.say("着火了")
    assert "地点：幸福里小区3号楼" in reply and "2 阳光花园2号楼" in reply
    resident.say("2")
    assert place_of_last(town) == "阳光花园2号楼"


def test_who_chose_the_usual_home_is_not_asked_again(town: Town, resident: Talker) -> None:
    assert "2 阳光花园2号楼（等楼长核实）" in resident.say("我的房屋")
    assert "设为常住" in resident.say("2")
    assert "阳光花园2号楼 是您的常住处" in resident.say("1")
    assert "（常住）" in resident.say("我的房屋")
    resident.say("楼道灯不亮")
    assert place_of_last(town) == "阳光花园2号楼"


def test_a_home_is_left_by_two_digits(town: Town, resident: Talker) -> None:
    resident.say("我的房屋")
    resident.say("1")
    assert "已退出 幸福里小区3号楼" in resident.say("2")
    assert lived_in(town, resident) == ["阳光花园2号楼"]
    assert "1 我不住这里了" in resident.say("我的房屋")
    resident.say("2")
    assert lived_in(town, resident) == ["阳光花园2号楼"]


def test_the_heads_of_each_home_and_its_notices_are_told(town: Town, resident: Talker) -> None:
    said = resident.say("我的楼长是谁")
    assert "幸福里小区3号楼" in said and "阳光花园2号楼" in said


def test_the_same_home_again_is_no_second_one(town: Town, resident: Talker) -> None:
    assert "已经登记过" in resident.say("绑定 阳光花园2号楼")
    assert len(lived_in(town, resident)) == 2


def test_all_homes_are_shown_and_erased_with_the_rest(town: Town, resident: Talker) -> None:
    assert "幸福里小区3号楼；阳光花园2号楼" in resident.say("隐私")
    shown = resident.say("1")
    assert "幸福里小区3号楼" in shown and "阳光花园2号楼" in shown
