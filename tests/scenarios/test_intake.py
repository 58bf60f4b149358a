"""What residents say first: in any order, in any form, with anything in it."""

import pytest

from bots.message import EventKind, MessageKind
from config.categories import Urgency
from models.media import Media
from models.ticket_flow import State
from models.tickets.table import About
from tests.chat import Town
from tests.scenarios import looking

WIRE = "3号楼楼道有人拉飞线给电瓶车充电"
UNCLEAR = "就是很烦"


@pytest.mark.parametrize("said", ["楼长不管事", "物业公示栏坏了", "充电桩不能评价", "消息树倒了"])
def test_a_complaint_with_a_commands_word_in_it_is_a_report(town: Town, said: str) -> None:
    assert "已受理 #1" in town.person("demo-resident-1").say(said)
    assert looking.ticket(town).text == said


def test_an_unclear_matter_is_asked_about_once_with_at_most_four_choices(town: Town) -> None:
    resident = town.person("demo-resident-1")
    first = resident.say(UNCLEAR)
    choices = [line for line in first.splitlines() if line[:2] in ("1 ", "2 ", "3 ", "4 ", "5 ")]
    assert 1 <= len(choices) <= 4 and "0 都不是" in first
    assert "与小区无关" not in first
    again = resident.say("说不清楚的那种")
    assert "请回复数字" not in again and looking.tickets(town) == 1
    assert looking.notes(town) == ["说不清楚的那种"]


@pytest.mark.parametrize("said", ["0", "都不是"])
def test_none_of_the_choices_leaves_it_to_a_person(town: Town, said: str) -> None:
    resident = town.person("demo-resident-1")
    resident.say(UNCLEAR)
    assert "值班人员" in resident.say(said)
    desk = town.person("demo-duty_desk-1")
    assert looking.ticket(town).owner_id == desk.person_id


def test_a_class_may_be_answered_by_digit_or_by_name(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(UNCLEAR)
    assert "噪音" in resident.say("噪音")
    assert looking.ticket(town).category == "noise"


def test_a_new_report_leaves_the_class_question_open(town: Town) -> None:
    resident = town.person("demo-resident-1")
    asked = resident.say(UNCLEAR)
    first = next(line for line in asked.splitlines() if line.startswith("1 "))[2:]
    assert "已受理 #2" in resident.say(WIRE)
    assert first in resident.say("1")
    assert looking.ticket(town, 2).category == "ebike_charging"


def test_a_missing_place_is_asked_once_and_remembered_as_home_when_they_say_so(
    town_on_both: Town,
) -> None:
    town = town_on_both
    resident = town.person("demo-resident-4")
    assert "哪个小区" in resident.say("楼道里的灯不亮")
    said = resident.say("阳光花园2号楼")
    assert "阳光花园2号楼" in said and "您住在这栋楼吗" in said
    assert "已登记 阳光花园2号楼" in resident.say("是的")
    assert "哪个小区" not in resident.say("楼上天天半夜吵死了")
    assert looking.ticket(town, 1).community_id is not None


def test_a_place_that_is_not_there_is_asked_for_in_better_words(town: Town) -> None:
    resident = town.person("demo-resident-4")
    resident.say("楼道里的灯不亮")
    assert "没找到" in resident.say("阳光花园99号楼")
    assert looking.tickets(town) == 1
    assert "阳光花园2号楼" in resident.say("阳光花园2号楼")


def test_more_words_and_an_address_in_any_order_make_one_ticket(town: Town) -> None:
    resident = town.person("demo-resident-4")
    resident.say("楼道里的灯不亮")
    assert "小区和几号楼" in resident.say("好几天了")
    assert "#1" in resident.say("在阳光花园2号楼")
    assert "#1" in resident.say("楼道灯还是不亮")
    assert looking.tickets(town) == 1
    assert looking.ticket(town).place_name == "阳光花园2号楼"


def test_after_the_window_the_same_words_are_a_matter_of_their_own(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say("楼道灯不亮")
    town.later(minutes=11)
    resident.say("楼道灯不亮")
    assert looking.tickets(town) == 2


def test_the_same_matter_in_another_building_is_a_ticket_of_its_own(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say("3号楼楼道灯不亮")
    resident.say("5号楼楼道灯不亮")
    assert looking.tickets(town) == 2


def test_a_place_alone_opens_nothing_and_counts_for_what_follows(town: Town) -> None:
    resident = town.person("demo-resident-4")
    assert "这里是 幸福里小区5号楼" in resident.say("幸福里小区5号楼")
    assert looking.tickets(town) == 0
    assert "幸福里小区5号楼" in resident.say("楼道灯不亮")


def test_saying_where_one_lives_offers_to_keep_it(town: Town) -> None:
    assert "1 同意并登记" in town.person("demo-resident-4").say("我住阳光花园2号楼1103")
    assert looking.tickets(town) == 0


def test_photos_and_a_place_before_the_words_belong_to_their_ticket(town_on_both: Town) -> None:
    town = town_on_both
    resident = town.person("demo-resident-1")
    assert "是什么事" in resident.photo("m1")
    assert "2 张" in resident.photo("m2")
    resident.send(kind=MessageKind.LOCATION, latitude=36.1, longitude=117.2, label="东门")
    assert "#1" in resident.say(WIRE)
    assert town.look(lambda session: session.query(Media).filter_by(ticket_id=1).count()) == 2
    assert any("东门" in (text or "") for text in looking.notes(town))


def test_a_photo_after_the_words_belongs_to_them(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(WIRE)
    assert "#1" in resident.photo("m1")
    town.later(minutes=11)
    assert "是什么事" in resident.photo("m2")


def test_a_scanned_code_and_a_photo_place_the_report(town: Town) -> None:
    resident = town.person("demo-resident-4")
    assert "这里是" in resident.scan("b5")
    resident.photo("m1")
    reply = resident.say("楼道里堆满了杂物，走不过去")
    assert "幸福里小区5号楼" in reply


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"kind": MessageKind.VIDEO, "media_id": "v"}, "视频"),
        ({"kind": MessageKind.FILE, "title": "a.pdf"}, "文件"),
        ({"kind": MessageKind.LINK, "title": "t", "url": "http://a.example"}, "链接"),
        ({"kind": MessageKind.MINIPROGRAM, "title": "t"}, "看不懂"),
        ({"kind": MessageKind.UNKNOWN}, "看不懂"),
        ({"kind": MessageKind.VOICE, "media_id": "v"}, "没听出字"),
        ({"kind": MessageKind.TEXT, "text": "   "}, "看不懂"),
    ],
)
def test_every_kind_of_message_has_an_answer_and_opens_nothing(
    town: Town, fields: dict[str, str], word: str
) -> None:
    assert word in town.person("demo-resident-1").send(**fields)
    assert looking.tickets(town) == 0


def test_recognised_voice_is_a_report_like_typed_words(town: Town) -> None:
    assert "飞线充电" in town.person("demo-resident-1").voice(WIRE)
    assert looking.ticket(town).text == WIRE


def test_following_with_a_code_greets_and_names_the_place(town: Town) -> None:
    newcomer = town.person("somebody-new")
    assert "欢迎" in newcomer.event(EventKind.SUBSCRIBE, scene="b3")
    assert "幸福里小区3号楼" in newcomer.say("楼道灯不亮")
    assert "服务台" in town.person("another").event(EventKind.SUBSCRIBE)
    assert "认不出" in town.person("third").scan("b999")


@pytest.mark.parametrize(
    "said",
    [
        "<b>{{ 7*7 }}</b> ]]> 路灯坏了 {% raw %}",
        "路灯坏了\n\n\n\t第二行",
        "路灯坏了👴🏻🔥",
        "路灯坏了" * 500,
    ],
)
def test_any_text_comes_through_whole_and_unharmed(town: Town, said: str) -> None:
    reply = town.person("demo-resident-1").say(said)
    assert "#1" in reply and "49" not in reply
    assert looking.ticket(town).text == said.strip()
    pushed = town.person("demo-property_staff-1").received()[-1]
    assert len(pushed) <= 600 and len(pushed.encode()) <= 2048


@pytest.mark.parametrize(
    ("said", "word"),
    [("你好", "邻里"), ("谢谢", "不客气"), ("傻逼", "对不起"), ("😀😀", "不客气")],
)
def test_small_talk_and_anger_get_a_calm_answer_and_open_nothing(
    town: Town, said: str, word: str
) -> None:
    assert word in town.person("demo-resident-1").say(said)
    assert looking.tickets(town) == 0


def test_an_emergency_gives_the_numbers_and_alerts_everybody_at_once(town: Town) -> None:
    resident = town.person("demo-resident-1")
    reply = resident.say("着火了！3号楼着火了")
    assert reply.startswith("【先保安全】") and "119" in reply
    assert looking.ticket(town).urgency == Urgency.EMERGENCY
    for role in ("grid_worker", "grid_leader", "property_staff", "community_staff"):
        assert "特急 #1" in town.person(f"demo-{role}-1").received()[-1]
    assert "特急 #1" in town.person("demo-department_liaison-2").received()[-1]
    told = [one for one in town.person("demo-building_head-1").received() if "#1" in one]
    assert len(told) == 1 and "先保自己安全" in told[0]
    assert "收到" in town.person("demo-property_staff-1").say("收到")
    assert looking.ticket(town).state == State.ACCEPTED


@pytest.mark.parametrize("asking", ["补充 1", "备注 1"])
def test_a_cry_for_help_is_never_taken_for_an_answer(town: Town, asking: str) -> None:
    who = town.person("demo-grid_worker-1" if asking.startswith("备注") else "demo-resident-1")
    town.person("demo-resident-1").say(WIRE)
    who.say(asking)
    assert "119" in who.say("着火了！3号楼着火了")
    assert looking.notes(town) == []


@pytest.mark.parametrize(
    ("said", "about", "accused", "handler"),
    [
        ("投诉物业乱收费", About.PROPERTY, "property_staff-1", "community_staff-1"),
        ("投诉楼长不管事，态度差", About.BUILDING_HEAD, "building_head-1", "community_staff-1"),
        ("举报网格员推诿敷衍", About.GRID, "grid_worker-1", "community_staff-1"),
        ("投诉居委会不作为", About.COMMUNITY, "community_staff-1", "subdistrict_staff-1"),
    ],
)
def test_a_complaint_passes_by_those_it_is_about(
    town_on_both: Town, said: str, about: About, accused: str, handler: str
) -> None:
    town = town_on_both
    resident = town.person("demo-resident-1")
    assert "看不到" in resident.say(said)
    kept = looking.ticket(town)
    assert kept.about == about and kept.hides_reporter
    assert town.person(f"demo-{handler}").say("任务").count("#1") == 1
    them = town.person(f"demo-{accused}")
    assert not any("#1" in text for text in them.received())
    hidden = them.say("进度 1").replace("#1", "#N")
    assert hidden == them.say("进度 999").replace("#999", "#N")


def test_nobody_who_handles_a_matter_reads_who_reported_it(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(WIRE)
    assert "看不到" in resident.say("匿名 1")
    assert looking.ticket(town).hides_reporter
    for role in ("grid_worker", "building_head"):
        staff = town.person(f"demo-{role}-1")
        assert "居民A" not in staff.say("任务 1") + "".join(staff.received())
