"""同求: a neighbour's report joins a ticket, its author hears of it, and it can be taken back."""

import pytest
from sqlalchemy import select

from jobs.tickets import ticket_clock
from models import erasure
from models.media import Media
from models.outbox import OutboxMessage
from models.ticket_flow import Outcome, State
from models.tickets.table import Note, Supporter
from tests.chat import Talker, Town
from tests.scenarios import looking

DOOR = "3号楼电梯门关不上，来回弹个不停"
DOOR_TOO = "3号楼电梯门一直夹人，合不拢，关不上"
ASKED = "是同一件事吗"
OWNER = "demo-property_staff-1"
HAND_PICKED = "demo-community_staff-1"


@pytest.fixture
def first(town: Town) -> Talker:
    """Who reported the lift's door, twenty minutes ago."""
    talker = town.person("demo-resident-1")
    assert "已受理 #1" in talker.say(DOOR)
    town.later(minutes=20)
    return talker


@pytest.fixture
def second(town: Town, first: Talker) -> Talker:
    """A neighbour who has just been asked whether it is the same."""
    talker = town.person("demo-resident-2")
    assert ASKED in talker.say(DOOR_TOO)
    return talker


@pytest.fixture
def joined(town: Town, second: Talker) -> Talker:
    assert "一起办" in second.say("1")
    return second


def newcomer(town: Town, openid: str, home: str = "幸福里小区3号楼") -> Talker:
    talker = town.person(openid)
    talker.say(f"我住{home}")
    talker.say("1")
    return talker


def supporters(town: Town, number: int = 1) -> list[int]:
    rows = select(Supporter.person_id).where(Supporter.ticket_id == number)
    return list(town.look(lambda session: session.scalars(rows.order_by(Supporter.id)).all()))


def test_a_report_is_a_ticket_at_once_and_the_question_follows(town: Town, first: Talker) -> None:
    reply = town.person("demo-resident-2").say(DOOR_TOO)
    assert "已受理 #2" in reply
    assert "和 #1（幸福里小区3号楼，电梯·故障" in reply
    assert DOOR not in reply
    assert reply.count("？") == 1
    assert looking.ticket(town, 2).is_open


def test_yes_joins_and_everybody_reads_what_it_means(
    town: Town, first: Talker, second: Talker
) -> None:
    reply = second.say("1")
    assert "#2 和 #1 一起办，现在有 2 户同求" in reply
    mine, main = looking.ticket(town, 2), looking.ticket(town)
    assert (mine.state, mine.merged_into, mine.outcome) == (State.MERGED, 1, Outcome.DUPLICATE)
    assert (main.state, main.households) == (State.DISPATCHED, 2)
    assert supporters(town) == [second.person_id]
    assert looking.notes(town) == [DOOR_TOO]
    assert "ticket_joined" in looking.verbs(town)
    told = town.person(OWNER).received()
    assert any("#1 又有邻居反映同一件事，现在 2 户同求" in one for one in told)
    assert any("#2 不用再办" in one for one in told)
    assert first.received() == []


@pytest.mark.parametrize("said", ["是", "是的", "是同一件事", "同一件事", "对", "１"])
def test_yes_may_be_said_in_words(town: Town, second: Talker, said: str) -> None:
    second.say(said)
    assert looking.ticket(town, 2).state == State.MERGED


@pytest.mark.parametrize("said", ["2", "不是", "不是同一件事", "不是一回事"])
def test_no_leaves_both_as_they_are(town: Town, second: Talker, said: str) -> None:
    assert "#2 单独办" in second.say(said)
    assert looking.ticket(town, 2).is_open
    assert supporters(town) == []
    assert "现在没有等您" in second.say("1")


def test_silence_leaves_both_as_they_are(town: Town, second: Talker) -> None:
    town.later(days=2)
    assert looking.ticket(town, 2).state != State.MERGED
    assert "再问您一遍" in second.say("1")
    assert looking.ticket(town, 2).state != State.MERGED


def test_the_question_waits_while_a_list_is_asked_about(town: Town, second: Talker) -> None:
    second.say("楼道灯不亮")
    second.say("进度")
    assert "#2 还等您一句：和 #1 是同一件事吗" in second.say("1")
    second.say("1")
    assert looking.ticket(town, 2).state == State.MERGED


def test_who_joined_is_reminded_to_rate_without_the_neighbours_words(
    town: Town, joined: Talker, first: Talker
) -> None:
    owner = town.person(OWNER)
    owner.say("办结 1 换了门机")
    town.later(days=3, hours=1)
    ticket_clock(town.database, town.now)
    [reminded] = [one for one in joined.received() if "还没有收到您的评价" in one]
    assert "您同求的 #1" in reminded and DOOR not in reminded


def test_who_joined_and_has_rated_is_reminded_of_nothing(town: Town, joined: Talker) -> None:
    town.person(OWNER).say("办结 1 换了门机")
    joined.say("5")
    town.later(days=3, hours=1)
    ticket_clock(town.database, town.now)
    assert not any("还没有收到您的评价" in one for one in joined.received())


@pytest.mark.parametrize("said", ["撤销", "不是同一件事", "按错了"])
def test_within_ten_minutes_it_is_apart_again_with_owner_and_deadline(
    town: Town, second: Talker, said: str
) -> None:
    before = looking.ticket(town, 2)
    second.say("1")
    town.later(minutes=9)
    second.say(said)
    after = looking.ticket(town, 2)
    assert (after.state, after.owner_id, after.resolve_due_at) == (
        before.state,
        before.owner_id,
        before.resolve_due_at,
    )
    assert after.clock_at is not None
    assert (supporters(town), looking.notes(town)) == ([], [])
    assert looking.ticket(town).households == 1


def test_after_ten_minutes_it_stays_joined(town: Town, joined: Talker) -> None:
    town.later(minutes=11)
    joined.say("撤销")
    joined.say("不是同一件事")
    assert looking.ticket(town, 2).state == State.MERGED


def test_who_joined_hears_of_every_step_and_never_reads_the_others_words(
    town: Town, joined: Talker
) -> None:
    owner = town.person(OWNER)
    owner.say("接单 1")
    owner.say("挂起 1 5天 等配件")
    owner.say("恢复 1")
    owner.say("办结 1 换了门机皮带")
    heard = "\n".join(joined.received())
    assert "您同求的 #1" in heard
    assert "已接单" in heard
    assert "已办结：已解决。换了门机皮带" in heard
    assert "请打分" in heard
    assert DOOR not in heard


def test_who_joined_asks_for_progress_by_their_own_number(town: Town, joined: Talker) -> None:
    reply = joined.say("进度 2")
    assert "和 #1 一起办（已派单），2 户同求" in reply
    assert DOOR not in reply
    assert DOOR not in joined.say("进度 1")


def test_who_joined_may_urge_and_add(town: Town, joined: Talker) -> None:
    assert "#1" in joined.say("催办 2")
    assert "已补充到 #1" in joined.say("补充 2 刚才又夹了一位老人")
    assert looking.notes(town)[-1] == "刚才又夹了一位老人"


def test_both_rate_and_one_rating_does_not_overwrite_the_other(
    town: Town, first: Talker, joined: Talker
) -> None:
    town.person(OWNER).say("办结 1 换了门机皮带")
    assert "谢谢您的评价" in first.say("5")
    assert "谢谢您的评价" in joined.say("3")
    main = looking.ticket(town)
    assert (main.state, main.stars) == (State.ARCHIVED, 5)
    [row] = town.look(lambda session: session.scalars(select(Supporter)).all())
    assert (row.is_solved, row.stars) == (True, 3)
    assert "现在没有等您" in joined.say("4")


def test_who_joined_and_is_unhappy_has_it_taken_up_again_once(
    town: Town, first: Talker, joined: Talker
) -> None:
    owner = town.person(OWNER)
    owner.say("办结 1 换了门机皮带")
    assert "重新办理" in joined.say("0")
    main = looking.ticket(town)
    assert (main.state, main.reopens, main.stars) == (State.DISPATCHED, 1, None)
    assert any("没有办好，已重新办理" in one for one in first.received())
    town.later(minutes=5)
    town.person(HAND_PICKED).say("办结 1 厂家来修好了")
    assert "记下了" in joined.say("0")
    assert looking.ticket(town).state == State.RESOLVED


def test_the_first_reporter_withdraws_and_it_goes_on_for_the_others(
    town: Town, first: Talker, joined: Talker
) -> None:
    assert "还有邻居同求" in first.say("撤回 1")
    main = looking.ticket(town)
    assert main.is_open
    assert main.households == 1
    assert any("接着为您办" in one for one in joined.received())
    told = len(first.received())
    town.person(OWNER).say("办结 1 换了门机皮带")
    assert len(first.received()) == told
    assert "现在没有等您" in first.say("5")
    assert "谢谢您的评价" in joined.say("5")


def test_withdrawing_is_taken_back_also_when_others_have_joined(
    town: Town, first: Talker, joined: Talker
) -> None:
    first.say("撤回 1")
    assert "已撤销" in first.say("撤销")
    main = looking.ticket(town)
    assert (main.reporter_left_at, main.households) == (None, 2)


def test_what_is_said_after_withdrawing_is_a_matter_of_its_own(
    town: Town, first: Talker, joined: Talker
) -> None:
    first.say("撤回 1")
    assert "已受理 #3" in first.say("电梯门又夹人了，关不上")
    assert len(looking.notes(town)) == 1


def test_another_building_or_another_trouble_is_not_asked_about(town: Town, first: Talker) -> None:
    other = newcomer(town, "new-other", "幸福里小区2号楼")
    assert ASKED not in other.say("2号楼电梯门一直夹人，关不上")
    assert ASKED not in town.person("demo-resident-2").say("3号楼电梯里贴满了小广告")


def test_a_matter_of_last_month_is_not_asked_about(town: Town, first: Talker) -> None:
    town.later(days=30)
    assert ASKED not in town.person("demo-resident-2").say(DOOR_TOO)


def test_an_emergency_is_never_asked_about_and_alerts_each_time(town: Town) -> None:
    town.person("demo-resident-1").say("3号楼着火了，快来人！")
    reply = town.person("demo-resident-2").say("3号楼着火了，浓烟滚滚！")
    assert "119" in reply
    assert ASKED not in reply
    told = [one for one in town.person("demo-grid_leader-1").received() if "#2" in one]
    assert told
    assert looking.ticket(town, 2).is_open


def test_quarrels_are_never_shown_to_others(town: Town) -> None:
    quarrel = "3号楼邻居把空调外机装我窗边，热风直吹"
    town.person("demo-resident-1").say(quarrel)
    assert ASKED not in town.person("demo-resident-2").say(quarrel)


def test_of_a_complaint_about_the_company_only_class_and_place_are_shown(town: Town) -> None:
    town.person("demo-resident-1").say("投诉物业公司不作为，报修几次都没人来")
    town.later(minutes=30)
    reply = town.person("demo-resident-2").say("投诉物业公司，不作为，报修三天没人来")
    assert looking.ticket(town).about == looking.ticket(town, 2).about is not None
    assert "和 #1（幸福里小区3号楼，物业服务·" in reply
    question = reply[reply.index("和 #1") :]
    assert "提到" not in question
    assert "09:00 报" not in question
    town.person("demo-resident-2").say("1")
    assert looking.ticket(town, 2).state == State.MERGED


def test_who_hides_their_name_is_offered_without_words_or_time(town: Town, first: Talker) -> None:
    first.say("匿名")
    reply = town.person("demo-resident-2").say(DOOR_TOO)
    assert ASKED in reply
    assert "提到" not in reply
    assert " 报" not in reply


def test_it_is_asked_only_after_the_class_is_known(town: Town, first: Talker) -> None:
    talker = town.person("demo-resident-2")
    assert "请回复数字" in talker.say("3号楼电梯门一直夹来夹去关不严，不敢坐了")
    assert ASKED in talker.say("1")
    talker.say("1")
    assert looking.ticket(town, 2).merged_into == 1


def test_a_photo_that_follows_goes_to_the_report_and_so_to_the_main_ticket(
    town: Town, joined: Talker
) -> None:
    joined.photo("door-photo")
    [photo] = town.look(lambda session: session.scalars(select(Media)).all())
    assert photo.ticket_id == 2


def test_the_matter_ended_before_the_answer_came(town: Town, second: Talker) -> None:
    town.person(OWNER).say("办结 1 换了门机皮带")
    reply = second.say("1")
    assert "#2 单独办" in reply
    assert looking.ticket(town, 2).is_open


def test_three_neighbours_show_as_three_households_in_the_task_list(
    town: Town, joined: Talker
) -> None:
    third = newcomer(town, "new-third")
    assert "2 户同求" in third.say("电梯门又关不上了，3号楼的")
    third.say("1")
    owner = town.person(OWNER)
    assert "3户同求" in owner.say("任务")
    shown = owner.say("任务 1")
    assert "3 户同求" in shown
    assert "居民：电梯门又关不上了" in shown


def test_two_behind_one_door_are_one_household(town: Town, first: Talker) -> None:
    flatmate = newcomer(town, "new-mate", "幸福里小区3号楼2单元301")
    flatmate.say(DOOR_TOO)
    flatmate.say("1")
    assert supporters(town) == [flatmate.person_id]
    assert looking.ticket(town).households == 1


def test_what_many_joined_stands_before_what_is_due_a_little_earlier(
    town: Town, joined: Talker
) -> None:
    owner = town.person(OWNER)
    town.person("demo-resident-5").say("1号楼单元门禁坏了，关不上")
    listed = owner.say("任务")
    assert listed.index("#1 ") < listed.index("#3 ")


def test_staff_merge_and_take_apart_by_chat(town: Town, second: Talker) -> None:
    second.say("2")
    staff = town.person(HAND_PICKED)
    reply = staff.say("并单 1 2 同一部电梯的门")
    assert "#2 已并入 #1，现在 2 户同求" in reply
    assert any("#2 和 #1 是同一件事" in one for one in second.received())
    assert "已撤销" in staff.say("撤销")
    assert looking.ticket(town, 2).is_open
    assert "原因" in staff.say("合并 2 1")
    staff.say("同一部电梯的门")
    town.later(hours=2)
    assert "#2 已拆开单独办" in staff.say("拆开 2")
    assert looking.ticket(town, 2).is_open
    assert supporters(town) == []
    assert looking.ticket(town).households == 1


def test_staff_say_which_into_which(town: Town, second: Talker) -> None:
    second.say("2")
    assert "请说合并哪两件" in town.person(HAND_PICKED).say("并单 1")
    town.person(HAND_PICKED).say("并单 1 到 2 后一件说得清楚")
    assert looking.ticket(town).merged_into == 2


def test_a_matter_about_the_company_is_never_merged_into_one_it_may_read(
    town: Town, first: Talker
) -> None:
    town.person("demo-resident-2").say("投诉物业公司不作为，电梯坏了没人管")
    assert looking.ticket(town, 2).about is not None
    reply = town.person(HAND_PICKED).say("并单 2 1 同一部电梯")
    assert "没有找到" in reply
    assert looking.ticket(town, 2).is_open


def test_an_erased_neighbour_leaves_the_count_and_no_word(town: Town, joined: Talker) -> None:
    gone = joined.person_id
    with town.database.writing() as session:
        erasure.erase(session, gone, town.now)
    assert looking.ticket(town).households == 2
    assert looking.notes(town) == [None]


def test_an_erased_reporter_takes_no_news_from_those_who_joined(
    town: Town, first: Talker, joined: Talker
) -> None:
    town.person(OWNER).say("接单 1")
    with town.database.writing() as session:
        erasure.erase(session, first.person_id, town.now)
    assert any("您同求的 #1" in one for one in joined.received())
    [words] = town.look(
        lambda session: session.scalars(select(Note.text).where(Note.ticket_id == 1)).all()
    )
    assert words == DOOR_TOO
    kept = town.look(
        lambda session: session.scalars(
            select(OutboxMessage).where(OutboxMessage.person_id == joined.person_id)
        ).all()
    )
    assert all(DOOR not in str(one.context) for one in kept)


def test_neighbours_words_read_as_two_classes_are_still_asked_about(town: Town) -> None:
    first = town.person("demo-resident-1")
    assert "公共设施" in first.say("3号楼主管道堵了，地漏往上冒脏水")
    town.later(minutes=20)
    reply = town.person("demo-resident-2").say("3号楼一楼反水，污水都流到楼道了")
    assert "环境卫生" in reply
    assert ASKED in reply


def test_an_unsure_report_is_asked_about_the_class_of_what_it_names_first(town: Town) -> None:
    reply = town.person("demo-resident-1").say("3号楼梯门一直夹来夹去合不拢，不敢坐了")
    assert "我没把握分对类" in reply
    assert "1 电梯" in reply
