"""A resident with their own matters: progress, urging, correcting, home, privacy."""

import pytest
from sqlalchemy import select, text

from bots.message import EventKind
from config.policy import load
from models.base import Base
from models.homes import HomeState, current_home
from models.ticket_flow import State
from tests.chat import Town
from tests.scenarios import looking

WIRE = "3号楼楼道有人拉飞线给电瓶车充电"
NOISE = "楼上天天半夜吵死了"


def test_progress_shows_the_only_matter_or_a_list_to_choose_from(town: Town) -> None:
    resident = town.person("demo-resident-1")
    assert "没有在办的工单" in resident.say("进度")
    resident.say(WIRE)
    assert "飞线充电" in resident.say("我的工单")
    resident.say(NOISE)
    assert "1 #2" in resident.say("进度")
    assert "飞线充电" in resident.say("2")
    assert "#2" in resident.say("进度2")


def test_progress_tells_of_a_return_as_such(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say("楼道灯不亮")
    town.person("demo-property_staff-1").say("退回 1 不归我们")
    assert "已退回，另派他人" in resident.say("进度")


def test_urging_reaches_the_owner_once_a_day(town: Town) -> None:
    resident, worker = town.person("demo-resident-1"), town.person("demo-grid_worker-1")
    resident.say(WIRE)
    assert "已替您催" in resident.say("催一下")
    assert "催办 #1" in worker.received()[-1]
    assert "今天已经催过" in resident.say("催办 1")
    town.later(days=1)
    assert "已替您催" in resident.say("帮我催一下")


def test_a_supplement_keeps_its_spelling_and_moves_no_deadline(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(WIRE)
    due = looking.ticket(town).resolve_due_at
    resident.say("补充 1 又接了一根，ABC牌")
    assert looking.notes(town) == ["又接了一根，ABC牌"]
    assert looking.ticket(town).resolve_due_at == due


def test_resident_and_staff_correct_the_class(town: Town) -> None:
    resident, worker = town.person("demo-resident-1"), town.person("demo-grid_worker-1")
    resident.say(WIRE)
    assert "噪音" in resident.say("改类 1 噪音")
    assert looking.ticket(town).category == "noise"
    asked = worker.say("改类 1")
    number = next(line.split()[0] for line in asked.splitlines() if line.endswith(" 停车"))
    worker.say(number)
    assert looking.ticket(town).category == "parking"


def test_a_withdrawn_matter_leaves_the_hands_of_staff(town: Town) -> None:
    resident, worker = town.person("demo-resident-1"), town.person("demo-grid_worker-1")
    resident.say(WIRE)
    assert "已撤回" in resident.say("撤回")
    assert "居民已撤回" in worker.received()[-1]
    assert "没有等您办" in worker.say("任务")


def test_a_person_is_called_and_their_answer_comes_back(town_on_both: Town) -> None:
    town = town_on_both
    resident = town.person("demo-resident-1")
    called = resident.say("人工")
    assert "#1" in called and "请说一下是什么事" in called
    assert "已补充到 #1" in resident.say("我想问问居住证在哪里办")
    staff = town.person("demo-community_staff-1")
    assert "居住证" in "".join(staff.received())
    staff.say("回复 1 带身份证来社区一楼就可以办")
    assert "带身份证来社区一楼" in resident.received()[-1]
    assert looking.tickets(town) == 1


def test_a_person_may_be_asked_for_on_the_matter_at_hand(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(WIRE)
    assert "#1" in resident.say("转人工")
    assert "请工作人员答复" in town.person("demo-grid_worker-1").received()[-1]
    assert looking.tickets(town) == 1


@pytest.mark.parametrize("said", ["绑定 幸福里小区3号楼2单元501", "我住幸福里小区3号楼2单元501"])
def test_a_home_is_bound_and_confirmed_by_the_buildings_head(town: Town, said: str) -> None:
    resident, head = town.person("demo-resident-4"), town.person("demo-building_head-1")
    assert "不用于其他" in resident.say(said)
    assert "已登记" in resident.say("1")
    assert "住户核实" in head.received()[-1]
    assert "已确认" in head.say("是的")
    home = town.look(lambda session: current_home(session, resident.person_id))
    assert (home.state, home.room) == (HomeState.VERIFIED, "2-501")
    assert "已核实" in resident.received()[-1]


def test_the_head_may_say_no_and_the_resident_hears_what_to_do(town: Town) -> None:
    resident, head = town.person("demo-resident-4"), town.person("demo-building_head-1")
    resident.scan("b3")
    resident.say("1")
    resident.say("同意")
    head.say("2")
    assert "没有核实通过" in resident.received()[-1]
    assert town.look(lambda session: current_home(session, resident.person_id)) is None


def test_where_no_head_is_the_grid_or_community_verifies(town: Town) -> None:
    resident = town.person("demo-resident-4")
    resident.say("绑定")
    resident.say("春风苑3号楼")
    assert "已登记" in resident.say("1")
    home = town.look(lambda session: current_home(session, resident.person_id))
    assert home.asked_id == town.person("demo-grid_worker-4").person_id


def test_who_moves_leaves_the_old_home(town: Town) -> None:
    resident = town.person("demo-resident-1")
    assert "现在登记的是 幸福里小区3号楼" in resident.say("搬家了")
    resident.say("阳光花园1号楼")
    assert "有 2 处" not in resident.say("2")
    home = town.look(lambda session: current_home(session, resident.person_id))
    assert home.state == HomeState.CLAIMED
    assert "阳光花园1号楼" in resident.say("楼道灯不亮")


def test_nothing_is_kept_of_a_home_without_consent(town: Town) -> None:
    resident = town.person("demo-resident-4")
    resident.say("绑定 阳光花园1号楼")
    assert "没有登记" in resident.say("不用了")
    assert town.look(lambda session: current_home(session, resident.person_id)) is None


def test_who_is_responsible_is_told_without_a_neighbours_number(town: Town) -> None:
    said = town.person("demo-resident-1").say("谁是我的楼长")
    assert "3号楼楼长" in said and "0000-1000101" in said
    assert "哪栋楼" in town.person("demo-resident-4").say("楼长")


@pytest.mark.parametrize("openid", ["demo-resident-1", "demo-resident-4", "demo-grid_worker-1"])
def test_every_entry_of_the_menu_has_a_real_answer(town: Town, openid: str) -> None:
    person = town.person(openid)
    for button in load("menu")["button"]:
        for entry in button["sub"]:
            reply = person.tap(entry["key"])
            assert reply and "菜单更新了" not in reply
            assert len(reply) <= 600 and len(reply.encode()) <= 2048


def test_who_left_is_written_nothing_more(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(WIRE)
    assert resident.event(EventKind.UNSUBSCRIBE) == ""
    town.person("demo-grid_worker-1").say("1")
    is_following = text("SELECT is_following FROM identities WHERE openid = 'demo-resident-1'")
    assert not town.look(lambda session: session.scalar(is_following))


def test_one_sees_what_is_kept(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(WIRE)
    resident.say("隐私")
    shown = resident.say("1")
    assert "2单元301" in shown and "#1" in shown and "工单 1 件" in shown


def test_erasing_leaves_no_word_anywhere_while_the_matter_goes_on(town_on_both: Town) -> None:
    town = town_on_both
    resident, worker = town.person("demo-resident-2"), town.person("demo-grid_worker-1")
    resident.say("楼上唐僧念经一样天天半夜吵死了")
    resident.say("补充 1 唐僧又来了")
    resident.photo("photo-of-唐僧")
    resident.say("人工 找唐僧谈谈")
    old_id = resident.person_id
    resident.say("隐私")
    resident.say("2")
    assert "已删除" in resident.say("1")
    assert town.look(lambda session: places_of(session, "唐僧")) == []
    assert town.look(lambda session: places_of(session, "demo-resident-2")) == []
    kept = looking.ticket(town)
    assert kept.state == State.DISPATCHED and kept.owner_id == worker.person_id
    assert "1 件" in worker.say("任务")
    assert "绑定" in resident.say("你好")
    assert resident.person_id != old_id


def test_deleting_needs_a_digit_and_may_be_left(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say("隐私")
    resident.say("2")
    assert "已删除" not in resident.say("好的")
    assert "没有删除" in resident.say("2")


def places_of(session: object, word: str) -> list[str]:
    """Every column of every table in which the word stands."""
    found = []
    for table in Base.metadata.sorted_tables:
        for row in session.execute(select(table)).mappings():  # type: ignore[attr-defined]
            found += [f"{table.name}.{key}" for key, value in row.items() if word in str(value)]
    return found
