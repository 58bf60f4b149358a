"""Staff set the urgency of a matter right in chat; the resident hears of another promise."""

from tests.chat import Town


def test_a_matter_is_made_urgent_and_ordinary_again(town: Town) -> None:
    resident, staff = town.person("demo-resident-1"), town.person("demo-community_staff-1")
    resident.say("3号楼停车乱停乱放")
    before = len(resident.received())
    assert "已改按“紧急”办" in staff.say("改紧急 1 挡住了救护车的路")
    assert "改按“紧急”办" in resident.received()[before]
    assert "挡住了救护车的路" in town.person("demo-property_staff-1").received()[-1]
    assert "本来就按“紧急”办" in staff.say("改紧急 1 再急一点")
    assert "为什么要改" in staff.say("改一般 1")
    assert "已改按“一般”办" in staff.say("车已经挪开")
    assert "仍按“紧急”办" in staff.say("撤销")


def test_only_who_supervises_the_place_may(town: Town) -> None:
    town.person("demo-resident-1").say("3号楼停车乱停乱放")
    assert "不归您办" in town.person("demo-grid_worker-2").say("改紧急 1 很急")
    assert "没有可以这样办的任务" in town.person("demo-grid_leader-2").say("改紧急")


def test_an_emergency_is_stood_down_instead(town: Town) -> None:
    town.person("demo-resident-1").say("3号楼着火了")
    assert "解除 1" in town.person("demo-community_staff-1").say("改一般 1 是误报")
