"""Leave in chat: asked for in one line or by two questions, stood in for, and over early."""

from tests.chat import Town


def test_a_building_head_asks_for_leave_and_a_neighbour_stands_in(town: Town) -> None:
    head, other = town.person("demo-building_head-1"), town.person("demo-building_head-2")
    assert "请假哪几天" in head.say("请假")
    assert "1 幸福里小区1号楼楼长" in head.say("3月4日到6日")
    assert "1号楼楼长代" in head.say("1")
    assert "【代岗】3月4日（周三）到3月6日（周五）" in other.received()[-1]
    town.later(days=1)
    town.person("demo-resident-1").say("3号楼路灯不亮")
    assert "请您看看 #1" in other.received()[-1]
    assert head.received() == []
    assert "已销假" in head.say("销假")
    assert "回来了" in other.received()[-1]
    town.later(hours=1)
    town.person("demo-resident-2").say("3号楼楼道垃圾没人收")
    assert "请您看看 #2" in head.received()[-1]


def test_one_line_says_it_all(town: Town) -> None:
    head = town.person("demo-building_head-1")
    said = head.say("请假3天，由幸福第一网格网格员代")
    assert "3月3日（周二）到3月5日（周四）" in said and "幸福第一网格网格员代" in said
    assert "已经请过假" in head.say("请假 明天 幸福第一网格网格员代")


def test_who_was_named_says_no_and_the_holder_hears(town: Town) -> None:
    head, other = town.person("demo-building_head-1"), town.person("demo-building_head-2")
    head.say("请假 明天")
    head.say("1")
    assert "不用您代了：幸福里小区3号楼楼长" in other.say("不代")
    assert "代您的人不方便" in head.received()[-1]
    assert "没有代谁的岗" in other.say("不代")


def test_of_several_stood_in_for_one_is_declined_by_digit(town: Town) -> None:
    worker = town.person("demo-grid_worker-1")  # stands in for the second grid already
    town.person("demo-building_head-1").say("请假3天，由幸福第一网格网格员代")
    assert "2 幸福里小区3号楼楼长" in worker.say("不代")
    assert "不用您代了：幸福里小区3号楼楼长。" in worker.say("2")


def test_a_grid_leader_enters_it_for_a_head_and_for_nobody_elsewhere(town: Town) -> None:
    leader, head = town.person("demo-grid_leader-1"), town.person("demo-building_head-1")
    said = leader.say("请假 3号楼楼长 明天到周五 1号楼楼长代")
    assert "1 幸福里小区1号楼楼长" in said and "2 阳光花园1号楼楼长" in said
    assert "已替他请假" in leader.say("1")
    assert "已替您请假" in head.received()[-1]
    assert "没找到归您管的" in leader.say("请假 阳光花园2号楼楼长 明天")
    assert "已销假" in leader.say("销假 3号楼楼长")


def test_of_two_leaves_one_is_called_off(town: Town) -> None:
    head = town.person("demo-building_head-1")
    for days in ("明天", "3月20日"):
        head.say(f"请假 {days} 幸福第一网格网格员代")
    assert "2 3月20日" in head.say("销假")
    head.say("2")
    assert "已请假：3月4日" in head.say("请假")
    assert "3月20日" not in head.say("请假")


def test_days_past_and_people_without_posts_get_a_clear_answer(town: Town) -> None:
    staff = town.person("demo-community_staff-1")
    assert "从今天往后" in staff.say("请假 2026-03-01")
    assert "没有在请的假" in staff.say("销假")
    assert "有什么事" in town.person("demo-resident-1").say("请假")
