"""Short words that open no ticket: openings, stickers, curses, and that it is over."""

import pytest

from tests.chat import Town
from tests.scenarios import looking

OPENINGS = [
    "有个事",
    "您好，我想反映个问题",
    "我要投诉！",
    "问个事",
    "想咨询一下",
    "帮帮忙",
    "我想报修",
    "在吗？有个问题想问一下",
]


@pytest.mark.parametrize("said", OPENINGS)
def test_who_only_begins_is_asked_to_go_on(town: Town, said: str) -> None:
    assert "您请说" in town.person("demo-resident-4").say(said)
    assert looking.tickets(town) == 0


def test_a_matter_told_in_pieces_is_one_ticket_in_its_place(town: Town) -> None:
    resident = town.person("demo-resident-4")
    for piece in ("你好", "有个事", "我们小区", "垃圾没人收", "幸福里"):
        resident.say(piece)
    assert "幸福里小区3号楼" in resident.say("3号楼")
    assert looking.tickets(town) == 1
    assert looking.ticket(town).place_name == "幸福里小区3号楼"


def test_a_building_alone_lies_in_the_estate_just_named(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say("阳光花园的电梯坏了")
    assert "阳光花园2号楼" in resident.say("2号楼")


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("👍👍", "不客气"),
        ("🔥🔥", "看不懂"),
        ("卧槽", "对不起"),
        ("301", "没有等您回复"),
        ("好嘞", "不客气"),
    ],
)
def test_what_says_nothing_opens_nothing(town: Town, said: str, answered: str) -> None:
    assert answered in town.person("demo-resident-1").say(said)
    assert looking.tickets(town) == 0


@pytest.mark.parametrize("said", ["误报，是邻居做饭", "没事了", "火灭了", "是邻居做饭，虚惊一场"])
def test_everybody_alarmed_hears_that_it_is_over(town: Town, said: str) -> None:
    resident = town.person("demo-resident-1")
    resident.say("着火啦！！救命")
    assert "撤回 1" in resident.say(said)
    assert looking.notes(town) == [said]
    for openid in ("demo-grid_worker-1", "demo-property_staff-1", "demo-department_liaison-2"):
        assert said in town.person(openid).received()[-1]


def test_a_fire_that_goes_on_is_not_over(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say("3号楼楼顶有烟")
    assert "119" in resident.say("没事了？又着火了")


@pytest.mark.parametrize(
    ("said", "is_reopened"), [("这次还挺快 满意", False), ("没修好呢还是老样子", True)]
)
def test_a_rating_is_read_at_the_end_of_a_few_words(
    town: Town, said: str, is_reopened: bool
) -> None:
    resident, company = town.person("demo-resident-1"), town.person("demo-property_staff-1")
    resident.say("电梯按钮坏了")
    company.say("1")
    company.say("1")
    assert ("重新办理" in resident.say(said)) == is_reopened
    assert looking.tickets(town) == 1
    assert looking.notes(town) == [said]


def test_a_new_matter_that_nobody_came_for_rates_nothing(town: Town) -> None:
    resident, company = town.person("demo-resident-1"), town.person("demo-property_staff-1")
    resident.say("电梯按钮坏了")
    company.say("1")
    company.say("1")
    assert "已受理 #2" in resident.say("楼道灯坏了 没人来")


def test_a_head_speaks_of_the_building_they_serve(town: Town) -> None:
    head = town.person("demo-building_head-1")
    head.say("电梯坏了")
    head.say("5号楼门口有人乱停车")
    assert looking.ticket(town, 1).place_name == "幸福里小区3号楼"
    assert looking.ticket(town, 2).place_name == "幸福里小区5号楼"


def test_a_company_names_a_building_of_its_estate_by_number(town: Town) -> None:
    company, community = town.person("demo-property_staff-1"), town.person("demo-community_staff-1")
    assert "幸福里小区7号楼" in company.say("7号楼后面垃圾堆成山了")
    assert "在哪个小区" in community.say("3号楼路灯不亮")


def test_yes_keeps_the_answer_that_was_just_asked_about(town: Town) -> None:
    staff = town.person("demo-community_staff-1")
    town.person("demo-resident-1").say("小区附近哪儿能打狂犬疫苗")
    assert "收进" in staff.say("回复 1 云溪医院急诊，24小时")
    assert "已收进" in staff.say("好的")


def test_a_door_named_after_an_alarm_reaches_those_who_come(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say("我妈摔倒了起不来")
    assert "已补充到 #1" in resident.say("在3号楼2单元501")
    assert "2单元501" in town.person("demo-property_staff-1").received()[-1]


def test_thanks_an_idea_and_a_wish_are_three_matters_of_the_community(town: Town) -> None:
    resident = town.person("demo-resident-1")
    for said in (
        "物业小刘师傅人真好，大半夜来修水管，谢谢！",
        "建议小区装个自动售货机",
        "我想要一台轮椅，家里困难",
    ):
        reply = resident.say(said)
        assert "已受理" in reply and "社区" in reply and "没把握" not in reply
    assert looking.tickets(town) == 3


def test_a_class_that_was_named_is_not_asked_for_again(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say("那个东西又那样了")
    assert "还等您一句" not in resident.say("改类 1 违建")


def test_the_wish_to_stay_unnamed_is_kept_and_told_nobody(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say("楼上住户群租，十几个人")
    assert "看不到是谁反映的" in resident.say("不要说是我说的")
    assert looking.ticket(town).hides_reporter and looking.notes(town) == []


@pytest.mark.parametrize(
    "said", ["有个大爷独居，好几天没见人了", "对门老太太一个人住，敲门没人应好几天了"]
)
def test_somebody_alone_and_not_seen_is_urgent(town: Town, said: str) -> None:
    town.person("demo-resident-1").say(said)
    assert looking.ticket(town).urgency == "urgent"
