"""Questions that are more than questions, and a person who was called and is told the matter."""

import pytest

from config.categories import Intent
from tests.chat import Town
from tests.scenarios import looking


@pytest.mark.parametrize(
    "said", ["楼道灯坏了归谁管", "下水道堵了该打哪个电话", "电梯坏了三天了，物业是死人吗？？"]
)
def test_what_is_broken_is_repaired_and_not_only_answered(town: Town, said: str) -> None:
    reply = town.person("demo-resident-1").say(said)
    assert "幸福里物业" in reply
    assert looking.ticket(town).intent == Intent.REPORT


@pytest.mark.parametrize("said", ["如果楼道灯坏了归谁管", "小区绿化谁负责"])
def test_who_only_asks_is_answered_by_the_community(town: Town, said: str) -> None:
    assert "社区" in town.person("demo-resident-1").say(said)
    assert looking.ticket(town).intent == Intent.ENQUIRY


def test_who_called_a_person_tells_that_person_the_matter(town: Town) -> None:
    resident = town.person("demo-resident-1")
    assert "他能看到" in resident.say("人工")
    assert "已补充到 #1" in resident.say("楼下广场舞每天吵到十点")
    assert "广场舞" in town.person("demo-community_staff-1").received()[-1]
    assert looking.tickets(town) == 1


def test_what_is_urgent_does_not_wait_for_the_person_called(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say("人工")
    assert "已受理 #2" in resident.say("楼上老是往下扔东西，昨天差点砸到孩子")
