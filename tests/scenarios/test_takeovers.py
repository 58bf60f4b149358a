"""Staff talk to a resident in person, and hand the chat back."""

from datetime import UTC, datetime

import pytest

from bots.message import MessageKind
from jobs.takeovers import hand_back_chats
from models.media import Media
from models.outbox import OutboxMessage
from models.takeovers import Takeover
from models.ticket_flow import State
from models.tickets.table import About
from tests.chat import Talker, Town
from tests.scenarios import looking

NOISE = "楼上天天半夜装修，吵死了"
ACCUSING = "我要投诉社区工作者，态度太差"


@pytest.fixture
def pair(town: Town) -> tuple[Talker, Talker]:
    """A resident with a matter, and the staff who took over their chat."""
    resident, staff = town.person("demo-resident-1"), town.person("demo-community_staff-1")
    resident.say(NOISE)
    staff.say("接管 #1")
    return resident, staff


def test_words_go_over_both_ways_and_stay_with_the_ticket(town_on_both: Town) -> None:
    town = town_on_both
    resident, staff = town.person("demo-resident-1"), town.person("demo-community_staff-1")
    resident.say(NOISE)
    assert "已接管 #1" in staff.say("接管 #1")
    assert "社区工作者来和您说 #1" in resident.received()[-1]
    assert "已转给社区工作者" in resident.say("就是602那家")
    assert staff.received()[-1] == "#1 居民说：就是602那家"
    assert "已发给居民" in staff.say("几点开始的？")
    assert resident.received()[-1] == "社区工作者（#1）：几点开始的？"
    assert looking.notes(town) == ["就是602那家", "几点开始的？"]
    assert looking.tickets(town) == 1


def test_no_private_name_of_staff_is_told(town: Town, pair: tuple[Talker, Talker]) -> None:
    resident, staff = pair
    staff.say("我现在上去看看")
    staff.say("交还")
    assert not any("幸福社区工作者" in text for text in resident.received())


def test_a_digit_goes_over_when_nothing_else_waits_for_it(
    town: Town, pair: tuple[Talker, Talker]
) -> None:
    resident, staff = pair
    resident.say("3")
    assert staff.received()[-1] == "#1 居民说：3"


def test_a_digit_that_may_be_meant_for_a_task_is_asked_back(
    town: Town, pair: tuple[Talker, Talker]
) -> None:
    _, staff = pair
    town.person("demo-resident-2").say("投诉物业乱收费不公示")
    waiting = staff.say("任务")
    assert "#2" in waiting
    staff.say("几楼？")
    asked = staff.say("1")
    assert "对话 #1：说给对方听" in asked and "#2" in asked
    assert "已发给居民" in staff.say("1")
    assert looking.ticket(town, 2).state == State.DISPATCHED
    assert pair[0].received()[-1] == "社区工作者（#1）：1"


def test_commands_of_the_resident_still_work(town: Town, pair: tuple[Talker, Talker]) -> None:
    resident, staff = pair
    before = len(staff.received())
    assert "噪音" in resident.say("进度 1")
    assert "回复数字" in resident.say("办事") or "办事" in resident.say("帮助")
    assert len(staff.received()) == before


def test_an_emergency_is_taken_in_at_once(town: Town, pair: tuple[Talker, Talker]) -> None:
    resident, _ = pair
    assert "119" in resident.say("着火了！3号楼楼道着火了")
    assert looking.tickets(town) == 2


def test_a_complaint_about_who_reads_along_passes_them_by(
    town: Town, pair: tuple[Talker, Talker]
) -> None:
    resident, staff = pair
    assert "看不到" in resident.say(ACCUSING)
    assert looking.ticket(town, 2).about == About.COMMUNITY
    assert not any("态度" in text for text in staff.received())
    assert "态度" not in staff.say("任务 1")


def test_nobody_takes_over_a_chat_about_themselves_nor_their_own(town: Town) -> None:
    resident, staff = town.person("demo-resident-1"), town.person("demo-community_staff-1")
    resident.say(ACCUSING)
    hidden = staff.say("接管 1").replace("#1", "#N")
    assert hidden == staff.say("接管 999").replace("#999", "#N")
    staff.say("楼下路灯不亮，幸福里小区3号楼")
    assert "已接管" not in staff.say("接管 2")
    assert looking.count(town, Takeover) == 0


@pytest.mark.parametrize("who", ["grid_worker-1", "property_staff-1", "building_head-1"])
def test_only_who_supervises_the_place_takes_over(town: Town, who: str) -> None:
    town.person("demo-resident-1").say(NOISE)
    assert "已接管" not in town.person(f"demo-{who}").say("接管 1")
    assert looking.count(town, Takeover) == 0


def test_a_second_member_of_staff_waits_until_the_first_hands_back(
    town: Town, pair: tuple[Talker, Talker]
) -> None:
    _, staff = pair
    other = town.person("demo-community_staff-2")
    assert "正有工作人员" in other.say("接管 1")
    assert "已交还" in staff.say("交还 1")
    told = other.say("接管 1")
    assert "已接管" in told


def test_who_takes_over_next_reads_what_was_said(town: Town, pair: tuple[Talker, Talker]) -> None:
    resident, staff = pair
    resident.say("就是602那家")
    staff.say("明天上门")
    staff.say("交还")
    told = town.person("demo-community_staff-2").say("接管 1")
    assert "居民：就是602那家" in told and "工作人员：明天上门" in told


def test_after_handing_back_the_house_answers_again(
    town: Town, pair: tuple[Talker, Talker]
) -> None:
    resident, staff = pair
    assert "#1 已交还" in staff.say("交还 #1")
    assert "先说到这里" in resident.received()[-1]
    assert "已受理 #2" in resident.say("3号楼电梯坏了")


def test_it_hands_itself_back_when_staff_say_nothing_for_an_hour(
    town: Town, pair: tuple[Talker, Talker]
) -> None:
    resident, staff = pair
    town.later(minutes=50)
    staff.say("还在吗？")
    town.later(minutes=50)
    assert hand_back_chats(town.database, town.now) is None
    town.later(minutes=11)
    assert hand_back_chats(town.database, town.now) == "handed_back=1"
    assert "先说到这里" in resident.received()[-1]
    assert "对话已交还" in staff.received()[-1]
    assert hand_back_chats(town.database, town.now) is None
    assert "已受理 #2" in resident.say("3号楼电梯坏了")


def test_photos_and_places_go_to_the_ticket_that_is_talked_about(
    town: Town, pair: tuple[Talker, Talker]
) -> None:
    resident, staff = pair
    town.later(minutes=20)
    resident.photo("m1")
    assert staff.received()[-1] == "#1 居民说：[图片]"
    resident.send(kind=MessageKind.LOCATION, latitude=36.1, longitude=117.2, label="东门")
    assert "东门" in staff.received()[-1]
    assert town.look(lambda session: session.query(Media).filter_by(ticket_id=1).count()) == 1


def test_of_two_talks_the_one_that_is_meant_is_asked(
    town: Town, pair: tuple[Talker, Talker]
) -> None:
    first, staff = pair
    second = town.person("demo-resident-2")
    second.say("3号楼楼道灯不亮")
    staff.say("接管 2")
    asked = staff.say("我们下午来")
    assert "请问是哪一件" in asked
    number = next(line[0] for line in asked.splitlines() if "#2" in line)
    assert "已发给居民（#2）" in staff.say(number)
    assert second.received()[-1] == "社区工作者（#2）：我们下午来"
    assert "已发给居民（#1）" in staff.say("回复 1 明天来")
    assert first.received()[-1] == "社区工作者（#1）：明天来"


def test_at_night_a_reply_to_who_just_wrote_goes_and_others_wait(town: Town) -> None:
    resident, staff = town.person("demo-resident-1"), town.person("demo-community_staff-1")
    town.now = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)  # 23:00
    resident.say(NOISE)
    staff.say("接管 1")
    staff.say("我在，您说")
    sent = _last(town, resident)
    assert sent.not_before == town.now
    town.later(minutes=40)
    staff.say("还在吗")
    assert _last(town, resident).not_before > town.now
    town.later(minutes=40)
    assert "明早" in resident.say("睡着了，才看到")


def _last(town: Town, who: Talker) -> OutboxMessage:
    found: OutboxMessage = town.look(
        lambda session: (
            session.query(OutboxMessage)
            .filter_by(person_id=who.person_id)
            .order_by(OutboxMessage.id.desc())
            .first()
        )
    )
    return found


def test_a_step_of_staff_can_be_undone_though_words_went_over(
    town: Town, pair: tuple[Talker, Talker]
) -> None:
    resident, _ = pair
    assert "环境卫生" in resident.say("改类 1 环境卫生")
    resident.say("其实是垃圾的事")
    assert "噪音" in resident.say("撤销")


def test_erasing_the_resident_ends_the_talk(town: Town, pair: tuple[Talker, Talker]) -> None:
    resident, staff = pair
    resident.say("隐私")
    resident.say("2")
    assert "已删除" in resident.say("1")
    assert "已发给居民" not in staff.say("您好")
