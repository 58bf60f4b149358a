"""Questions about a ticket: put another way once, then a person; kept while others are asked."""

from tests.chat import Town
from tests.scenarios import looking

UNCLEAR = "就是很烦"
WIRE = "3号楼楼道有人拉飞线给电瓶车充电"


def test_an_unclear_matter_is_with_a_person_in_three_turns_and_nothing_is_lost(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(UNCLEAR)
    assert "换个说法" in resident.say("说不清楚的那种")
    assert "值班人员看" in resident.say("反正就是不舒服")
    assert looking.tickets(town) == 1
    assert looking.notes(town) == ["说不清楚的那种", "反正就是不舒服"]
    assert looking.ticket(town).owner_id == town.person("demo-duty_desk-1").person_id


def test_clearer_words_answer_the_question_about_the_class(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(UNCLEAR)
    assert "噪音" in resident.say("楼上太吵了")
    assert looking.tickets(town) == 1 and looking.ticket(town).category == "noise"
    assert looking.notes(town) == ["楼上太吵了"]


def test_words_without_any_evidence_name_no_class(town: Town) -> None:
    resident = town.person("demo-resident-1")
    assert "与小区无关" not in resident.say(UNCLEAR)
    kept = looking.ticket(town)
    assert (kept.category, kept.confidence, kept.evidence) == ("other_estate", 0.0, [])


def test_a_missing_place_is_asked_again_with_the_estates_then_left_to_a_person(town: Town) -> None:
    resident = town.person("demo-resident-4")
    resident.say("楼道里的灯不亮")
    again = resident.say("就是我家门口那个")
    assert "小区和几号楼" in again and "幸福里小区" in again and "0 说不清" in again
    assert "来问您在哪里" in resident.say("不晓得叫啥")
    assert looking.notes(town) == ["就是我家门口那个", "不晓得叫啥"]
    assert looking.tickets(town) == 1


def test_an_estate_may_be_chosen_by_its_digit(town: Town) -> None:
    resident = town.person("demo-resident-4")
    resident.say("楼道里的灯不亮")
    again = resident.say("阳光花园99号楼")
    number = next(line[0] for line in again.splitlines() if line.endswith("阳光花园"))
    assert "地点：阳光花园" in resident.say(number)


def test_a_command_leaves_the_question_open_and_the_reply_reminds_of_it(town: Town) -> None:
    resident = town.person("demo-resident-1")
    asked = resident.say(UNCLEAR)
    first = next(line for line in asked.splitlines() if line.startswith("1 "))[2:]
    assert f"#1 还等您一句：1 {first}" in resident.say("电话")
    assert first in resident.say("1")


def test_a_list_takes_the_digits_and_then_gives_them_back(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(WIRE)
    town.later(minutes=20)
    asked = resident.say(UNCLEAR)
    first = next(line for line in asked.splitlines() if line.startswith("1 "))[2:]
    assert "还等您" not in resident.say("我的工单")
    shown = resident.say("2")
    assert "#1" in shown and f"#2 还等您一句：1 {first}" in shown
    resident.say("1")
    assert looking.verbs(town, 2)[-1] == "ticket_reclassified"


def test_two_open_questions_come_back_one_after_the_other(town: Town) -> None:
    resident = town.person("demo-resident-4")
    resident.say(UNCLEAR)
    town.later(minutes=11)
    asked = resident.say("楼道里的灯不亮")
    assert "#2" in asked and "哪个小区" in asked
    placed = resident.say("阳光花园2号楼")
    assert "您住在这栋楼吗" in placed
    assert "#1 还等您一句" in resident.say("2")
    resident.say("3")
    assert looking.ticket(town, 1).category == "noise"


def test_a_digit_after_the_question_ran_out_is_asked_again(town_on_both: Town) -> None:
    town = town_on_both
    resident = town.person("demo-resident-1")
    resident.say(UNCLEAR)
    town.later(hours=25)
    again = resident.say("3")
    assert "再问您一遍" in again and "#1" in again
    assert looking.ticket(town).category == "other_estate"
    resident.say("3")
    assert looking.ticket(town).category == "noise"


def test_a_place_after_the_question_ran_out_still_goes_to_the_ticket(town_on_both: Town) -> None:
    town = town_on_both
    resident = town.person("demo-resident-4")
    resident.say("电梯坏了")
    town.later(hours=30)
    assert "#1 已更新" in resident.say("阳光花园2号楼")
    assert looking.ticket(town).place_name == "阳光花园2号楼"


def test_a_split_question_that_ran_out_is_asked_again(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say("停车乱,而且路灯也坏了")
    town.later(hours=25)
    assert "1 分开登记" in resident.say("1")
    assert "#2 停车乱" in resident.say("1")


def test_nothing_is_asked_again_about_what_has_ended(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(UNCLEAR)
    resident.say("撤回 1")
    town.later(hours=25)
    assert "没有等您回复" in resident.say("1")
