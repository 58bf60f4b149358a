"""A matter from the first word to the rating, as the people in it live it."""

from models.ticket_flow import Level, Outcome, State
from tests.chat import Talker, Town
from tests.scenarios import looking

LAMP = "楼道灯不亮"
WIRE = "3号楼楼道有人拉飞线给电瓶车充电"


def people(town: Town) -> tuple[Talker, Talker, Talker]:
    return (
        town.person("demo-resident-1"),
        town.person("demo-building_head-1"),
        town.person("demo-grid_worker-1"),
    )


def test_a_complaint_is_taken_looked_at_finished_and_rated(town_on_both: Town) -> None:
    town = town_on_both
    resident, head, worker = people(town)
    first = resident.say(WIRE)
    assert "#1" in first and "飞线充电" in first and "幸福第一网格网格员" in first
    assert "请您看看 #1" in head.received()[-1]
    assert "不着急" in head.say("1")
    assert "热心邻居" in resident.received()[-1]
    assert "仍由您负责" in worker.received()[-1]
    assert "已接单" in worker.say("1")
    town.later(minutes=20)
    assert "辛苦了" in head.say("已拆除飞线，电瓶车推到车棚")
    assert "已拆除飞线，电瓶车推到车棚" in resident.received()[-1]
    assert "谢谢您的评价" in resident.say("5")
    kept = looking.ticket(town)
    assert (kept.state, kept.outcome, kept.stars) == (State.ARCHIVED, Outcome.FIXED, 5)
    assert looking.verbs(town)[-2:] == ["ticket_resolved", "ticket_rated"]


def test_the_owner_accepts_after_the_head_went_first(town: Town) -> None:
    resident, head, worker = people(town)
    resident.say(WIRE)
    head.say("1")
    worker.say("1")
    said = looking.answers(town)
    assert said[head.person_id] == said[worker.person_id] == "accepted"
    assert looking.ticket(town).first_contact_id is not None


def test_a_head_declines_without_a_reason_and_the_owner_keeps_the_matter(town: Town) -> None:
    resident, head, worker = people(town)
    resident.say(WIRE)
    assert "没关系" in head.say("2")
    assert looking.answers(town)[head.person_id] == "declined"
    kept = looking.ticket(town)
    assert kept.owner_id == worker.person_id and kept.returns == 0


def test_a_head_who_went_and_can_not_help_gives_the_matter_back_unclosed(town: Town) -> None:
    resident, head, worker = people(town)
    resident.say(WIRE)
    head.say("1")
    assert "没关系" in head.say("2")
    assert looking.ticket(town).is_open
    assert looking.ticket(town).owner_id == worker.person_id


def test_a_head_says_yes_in_words(town: Town) -> None:
    resident, head, _ = people(town)
    resident.say(WIRE)
    head.say("收到")
    assert looking.answers(town)[head.person_id] == "accepted"
    assert "还在办" in head.say("好的")
    assert looking.ticket(town).is_open


def test_what_is_still_to_come_is_a_note_and_no_result(town: Town) -> None:
    resident, _, worker = people(town)
    resident.say(WIRE)
    worker.say("1")
    assert "还在办" in worker.say("明天上午再去看看")
    assert looking.ticket(town).state == State.ACCEPTED
    assert looking.notes(town) == ["明天上午再去看看"]
    worker.say("处理好了，明天再看一次")
    assert looking.ticket(town).state == State.RESOLVED


def test_a_digit_finishes_and_words_beside_it_are_the_result(town: Town) -> None:
    resident, _, worker = people(town)
    resident.say(WIRE)
    worker.say("1")
    worker.say("1 已请车主收线")
    assert looking.ticket(town).result == "已请车主收线"


def test_a_digit_alone_finishes_with_the_usual_words(town: Town) -> None:
    resident, _, worker = people(town)
    resident.say(WIRE)
    worker.say("1")
    worker.say("1")
    assert "处理好" in (looking.ticket(town).result or "")


def test_what_can_not_be_fixed_needs_a_reason_that_the_resident_reads(town: Town) -> None:
    resident, _, worker = people(town)
    resident.say(WIRE)
    worker.say("1")
    assert "为什么" in worker.say("2")
    worker.say("产权单位还没有同意")
    assert looking.ticket(town).outcome == Outcome.CANNOT_FIX
    assert "暂时解决不了" in resident.received()[-1]
    assert "产权单位还没有同意" in resident.received()[-1]


def test_sending_back_asks_for_the_reason_and_keeps_it_as_written(town: Town) -> None:
    resident, _, worker = people(town)
    resident.say(LAMP)
    company = town.person("demo-property_staff-1")
    assert "原因" in company.say("2")
    assert "已退回" in company.say("这盏灯归网格管，不归我们")
    assert "这盏灯归网格管，不归我们" in worker.received()[-1]
    assert looking.ticket(town).owner_id == worker.person_id


def test_a_reason_beside_the_digit_is_not_asked_for_again(town: Town) -> None:
    people(town)[0].say(LAMP)
    assert "已退回" in town.person("demo-property_staff-1").say("2 不归物业管")
    assert looking.ticket(town).returns == 1


def test_the_second_return_goes_up_and_the_third_is_for_the_community_to_decide(
    town: Town,
) -> None:
    resident, _, worker = people(town)
    resident.say(LAMP)
    due = looking.ticket(town).resolve_due_at
    town.person("demo-property_staff-1").say("退回 1 不归我们")
    worker.say("退回 1 是市政的")
    assert looking.ticket(town).level == Level.COMMUNITY
    town.person("demo-community_staff-1").say("退回 1 应该物业修")
    decider = town.person("demo-community_staff-2")
    assert "第三次退回" in decider.received()[-1]
    assert looking.ticket(town).owner_id == decider.person_id
    assert looking.ticket(town).resolve_due_at == due


def test_a_transfer_offers_the_posts_and_asks_for_the_reason(town: Town) -> None:
    resident, _, worker = people(town)
    resident.say(WIRE)
    offered = worker.say("转派 1")
    assert "1 幸福第一网格网格长" in offered.splitlines()
    number = next(line[0] for line in offered.splitlines() if line.endswith("幸福里物业"))
    assert "原因" in worker.say(number)
    assert "已转给 幸福里物业" in worker.say("车棚由物业管")
    company = town.person("demo-property_staff-1")
    assert looking.ticket(town).owner_id == company.person_id
    assert "新任务 #1" in company.received()[-1]


def test_a_note_stays_inside_and_an_answer_reaches_the_resident(town: Town) -> None:
    resident, _, worker = people(town)
    resident.say(WIRE)
    before = len(resident.received())
    assert "居民看不到" in worker.say("备注 1 已联系车主")
    assert len(resident.received()) == before
    assert "已转告居民" in worker.say("回复 1 今天下午去拆")
    assert "今天下午去拆" in resident.received()[-1]
    assert "今天下午去拆" in resident.say("进度 1")
    assert "已联系车主" not in resident.say("进度 1")


def test_a_pause_has_an_end_and_a_reason_and_can_be_cut_short(town: Town) -> None:
    resident, _, worker = people(town)
    resident.say(WIRE)
    worker.say("1")
    assert "几天" in worker.say("挂起 1")
    assert "已挂起" in worker.say("3天，等车主回来")
    assert looking.ticket(town).state == State.SUSPENDED
    assert "等车主回来" in resident.received()[-1]
    town.later(hours=2)
    assert "处理中" in worker.say("恢复")
    kept = looking.ticket(town)
    assert kept.state == State.ACCEPTED and len(kept.pauses) == 1


def test_a_photo_of_the_one_who_works_belongs_to_the_task_however_late(town: Town) -> None:
    resident, head, _ = people(town)
    resident.say(WIRE)
    head.say("1")
    town.later(minutes=40)
    assert "#1" in head.photo("after-1")
    assert "辛苦了" in head.say("已经收线了")
    assert "#1" in head.photo("after-2")


def test_undo_within_ten_minutes_takes_back_what_waits_and_corrects_what_left(
    town: Town,
) -> None:
    resident, _, worker = people(town)
    resident.say(WIRE)
    worker.say("1")
    worker.say("办结 1 已拆除飞线")
    said = len(resident.received())
    assert "已撤销" in worker.say("撤销")
    assert len(resident.received()) == said - 1
    assert looking.ticket(town).state == State.ACCEPTED
    worker.say("办结 1 已拆除飞线")
    looking.deliver(town)
    town.later(minutes=9)
    worker.say("弄错了")
    assert "更正" in resident.received()[-1]


def test_undo_is_refused_after_ten_minutes_and_says_so(town: Town) -> None:
    resident, _, worker = people(town)
    resident.say(WIRE)
    worker.say("1")
    town.later(minutes=11)
    assert "10 分钟" in worker.say("撤销")
    assert looking.ticket(town).state == State.ACCEPTED


def test_a_resident_takes_back_a_withdrawal_but_is_shown_how_to_withdraw_a_report(
    town: Town,
) -> None:
    resident = people(town)[0]
    resident.say(WIRE)
    assert "撤回 1" in resident.say("按错了")
    resident.say("撤回 1")
    assert looking.ticket(town).state == State.WITHDRAWN
    assert "回到" in resident.say("撤销")
    assert looking.ticket(town).state == State.DISPATCHED
