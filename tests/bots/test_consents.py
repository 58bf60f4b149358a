"""隐私 in chat: what somebody agreed to, a change of mind, and the line a newcomer reads once."""

import pytest

from models import privacy_consents
from models.base import Database
from models.privacy_consents import Purpose, Standing
from tests.chat import Talker, Town
from tests.factories import MORNING
from tests.factories import town as fill

NOTICE = "回复“隐私”可看、可删"


@pytest.fixture
def town(database: Database) -> Town:
    fill(database)
    return Town(database, MORNING)


def standing(town: Town, who: Talker, purpose: Purpose) -> Standing:
    return town.look(
        lambda session: privacy_consents.agreed(session, who.person_id)[purpose].standing
    )


def test_a_resident_looks_at_their_consents_gives_one_and_takes_it_back(town: Town) -> None:
    resident = town.person("demo-resident-1")
    assert "3 看我同意过哪些" in resident.say("隐私")
    shown = resident.say("3")
    assert "1 登记住址：还没问过您" in shown
    assert "3 转交联系方式：还没问过您" in shown
    for none_of_them in ("0", "4", "9"):
        assert resident.say(none_of_them) == "请回复 1 到 3 之间的数字。"
    assert "匿名反映的不转" in resident.say("3")
    assert resident.say("7") == "请回复 1 到 3 之间的数字。"
    assert resident.say("1") == "记下了。转交联系方式：已同意。"
    assert standing(town, resident, Purpose.HANDING_ON) == Standing.GIVEN
    resident.say("隐私")
    resident.say("3")
    assert "已经转的收不回" in resident.say("3")
    assert resident.say("3") == "请回复 1 到 2 之间的数字。"
    assert resident.say("1") == "记下了。转交联系方式：已撤回。"
    resident.say("隐私")
    resident.say("3")
    assert "走访关爱" in resident.say("2")
    assert resident.say("3") == "记下了。走访关爱：没有同意。"
    resident.say("隐私")
    assert "同意过：转交联系方式（已撤回" in resident.say("1")


def test_a_guardian_agrees_for_a_child_and_the_list_says_so(town: Town) -> None:
    parent = town.person("demo-resident-1")
    parent.say("隐私")
    parent.say("3")
    assert "不满14岁" in parent.say("2")
    parent.say("2")
    parent.say("隐私")
    assert "2 走访关爱：已同意（监护人）" in parent.say("3")


def test_binding_a_home_is_agreeing_to_it_and_taking_that_back_leaves_the_home(
    town: Town,
) -> None:
    newcomer = town.person("newcomer")
    newcomer.say("绑定 幸福里小区3号楼2单元501")
    newcomer.say("1")
    assert standing(town, newcomer, Purpose.HOME) == Standing.GIVEN
    newcomer.say("隐私")
    newcomer.say("3")
    assert "登记的住址会解除" in newcomer.say("1")
    newcomer.say("1")
    assert "您登记的住址：" not in newcomer.say("隐私")


def test_a_newcomer_reads_of_the_notice_once_and_not_in_danger(town: Town) -> None:
    newcomer = town.person("newcomer")
    assert NOTICE in newcomer.say("楼道的灯坏了")
    assert NOTICE not in newcomer.say("幸福里小区3号楼")
    assert NOTICE not in town.person("in-danger").say("着火了，快来人")
