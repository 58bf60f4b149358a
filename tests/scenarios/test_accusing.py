"""Words that accuse whoever may read a ticket never reach them beside it."""

import pytest

from models.tickets.table import About
from tests.chat import Town
from tests.scenarios import looking

NOISE = "楼上半夜打麻将吵得睡不着"


def told(town: Town, openid: str) -> str:
    return "\n".join(town.person(openid).received())


@pytest.mark.parametrize(
    "said",
    [
        "补充 1 网格员收了他家好处，还威胁我",
        "补充 1 网格员收钱了，你们知道吗？",
        "人工 网格员骂我",
    ],
)
def test_a_supplement_that_accuses_the_owner_goes_past_them(town: Town, said: str) -> None:
    resident = town.person("demo-resident-1")
    resident.say(NOISE)
    reply = resident.say(said)
    assert "#2" in reply and "被反映的人看不到" in reply
    assert looking.ticket(town, 2).about == About.GRID
    assert looking.notes(town) == []
    for openid in ("demo-grid_worker-1", "demo-grid_leader-1", "demo-building_head-1"):
        assert said.split()[-1] not in told(town, openid)


def test_what_is_asked_for_may_accuse_as_well(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say("电梯按钮坏了")
    resident.say("补充")
    assert "单独立为 #2" in resident.say("物业的人来了就骂人，推诿")
    assert looking.ticket(town, 2).about == About.PROPERTY
    assert "推诿" not in told(town, "demo-property_staff-1")


def test_an_ordinary_supplement_stays_beside_its_ticket(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(NOISE)
    assert "已补充到 #1" in resident.say("补充 1 今天又打到两点")
    assert looking.tickets(town) == 1


def test_a_rating_counts_while_its_accusing_remark_goes_past_the_accused(town: Town) -> None:
    resident, company = town.person("demo-resident-1"), town.person("demo-property_staff-1")
    resident.say("电梯按钮坏了")
    company.say("1")
    company.say("1")
    reply = resident.say("1 物业的人来了就骂人")
    assert "#1 的评价记下了，已重新办理" in reply and "单独立为 #2" in reply
    assert looking.ticket(town).reopens == 1
    assert "骂人" not in told(town, "demo-property_staff-1")


def test_a_question_what_somebody_is_there_for_accuses_nobody(town: Town) -> None:
    town.person("demo-resident-1").say("请问物业不管的事该找谁")
    assert all(looking.ticket(town, one + 1).about is None for one in range(looking.tickets(town)))
