"""Residents ask and are answered from the directory; what it lacks, staff answer and keep."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.categories import Intent
from models.base import Database
from models.directory import actions, lists, questions
from models.directory.details import Details
from models.directory.table import DirectoryEntry, UnansweredQuestion
from models.tickets.table import Ticket
from tests import factories
from tests.chat import Talker, Town

NOW = factories.MORNING


@pytest.fixture
def town(database: Database) -> Iterator[Town]:
    factories.town(database)
    yield Town(database, NOW)


@pytest.fixture
def resident(town: Town) -> Talker:
    return town.person("demo-resident-1")


@pytest.fixture
def staff(town: Town) -> Talker:
    return town.person("demo-community_staff-1")


def tickets(town: Town) -> list[Ticket]:
    def find(session: Session) -> list[Ticket]:
        return list(session.scalars(select(Ticket).order_by(Ticket.id)))

    found: list[Ticket] = town.look(find)
    return found


def unanswered(town: Town) -> list[tuple[int, bool]]:
    """Ticket and whether it waits still, of every question without an entry."""

    def find(session: Session) -> list[tuple[int, bool]]:
        rows = session.scalars(select(UnansweredQuestion).order_by(UnansweredQuestion.id))
        return [(one.ticket_id, one.answered_at is None) for one in rows]

    found: list[tuple[int, bool]] = town.look(find)
    return found


def entries(town: Town) -> int:
    count: int = town.look(
        lambda session: session.scalar(select(func.count()).select_from(DirectoryEntry))
    )
    return count


def open_ticket_of(town: Town, resident: Talker, question: str) -> int:
    """A question that no entry answers; its ticket's number."""
    resident.say(question)
    return tickets(town)[-1].id


QUESTIONS = [
    ("哪里能给电动车充电", "充电棚"),
    ("附近哪里有充电桩", "充电棚"),
    ("电瓶车在哪充电", "充电棚"),
    ("哪儿可以充电", "充电棚"),
    ("充电桩多少钱一度", "充电棚"),
    ("請問哪裡可以給電動車充電", "充电棚"),
    ("充电站", "充电棚"),
    ("物业费多少钱一平", "每月每平方米"),
    ("物业费收费标准是多少", "每月每平方米"),
    ("我们小区物业费怎么收", "每月每平方米"),
    ("物业费什么标准呀", "每月每平方米"),
    ("停车费一个月多少钱", "地面车位每月 120 元"),
    ("居住证怎么办", "居住登记"),
    ("居住证去哪里办理", "居住登记"),
    ("办居住证需要什么材料", "居住登记"),
    ("您好，请问暂住证怎么办理", "居住登记"),
    ("怎样办居住證", "居住登记"),
    ("附近有食堂吗", "老年食堂"),
    ("老年食堂在哪", "老年食堂"),
    ("社区食堂几点开饭", "老年食堂"),
    ("老人吃饭有补贴吗", "老年食堂"),
    ("食堂", "老年食堂"),
    ("法律援助去哪", "律师每周二、周四坐班"),
    ("想咨询法律援助", "律师每周二、周四坐班"),
    ("请问哪里有免费律师", "律师每周二、周四坐班"),
    ("法律援助", "律师每周二、周四坐班"),
    ("社区几点上班", "周一至周五 8:30"),
    ("周末社区办公吗", "周一至周五 8:30"),
    ("能借梯子吗", "工具借用角"),
    ("哪里可以借工具", "工具借用角"),
    ("轮椅能借吗", "工具借用角"),
    ("孩子放学没人接有托管吗", "四点半课堂"),
    ("四点半课堂在哪报名", "四点半课堂"),
    ("老人白天没人照顾有日间照料吗", "日间照料中心"),
    ("噪音归哪个部门管 电话多少", "0000-1000503"),
    ("油烟扰民归谁管", "0000-1000503"),
    ("违建找谁举报", "0000-1000503"),
    ("城管电话是多少", "0000-1000503"),
    ("老年证怎么办理", "老年优待证"),
    ("高龄补贴怎么申请", "老年优待证"),
    ("医保怎么报销", "便民服务大厅"),
    ("社保在哪交", "便民服务大厅"),
    ("失业金怎么领", "便民服务大厅"),
    ("生育登记要带什么", "结婚证"),
    ("准生证怎么办", "结婚证"),
    ("维修资金怎么用", "三分之二"),
    ("垃圾分类怎么分", "厨余进绿桶"),
    ("大件垃圾扔哪里", "大件垃圾点"),
    ("旧衣服捐哪里", "旧衣"),
    ("燃气卡怎么充值", "自助机"),
    ("水费在哪交", "自助机"),
]

COMPLAINTS = [
    "为什么没有充电桩？",
    "充电桩坏了怎么办",
    "充电桩太少了能不能多装几个",
    "怎么还没装充电桩",
    "小区什么时候装充电桩",
    "充电桩被汽车占了怎么办",
    "充电桩收费太贵合法吗",
    "电动车上楼充电没人管吗",
    "谁管管楼道充电",
    "有人飞线给电动车充电怎么办",
    "食堂的饭为什么这么难吃",
    "食堂油烟太大能不能管管",
    "物业费凭什么涨价",
    "物业收费不公开合理吗",
    "物业费交了没人打扫",
    "停车费乱收费怎么投诉",
    "居住证办了三个月还没下来怎么回事",
    "楼下饭店油烟扰民，天天熏得开不了窗",
    "3号楼楼道有人拉飞线给电瓶车充电",
    "楼上半夜噪音太大了",
    "垃圾堆在楼下三天没人清理",
]


def test_questions_as_people_put_them_are_answered_by_the_right_entry(town: Town) -> None:
    wrong = []
    for question, expected in QUESTIONS:
        reply = town.person("demo-resident-1").say(question)
        if expected not in reply:
            wrong.append((question, reply))
    assert wrong == []
    assert tickets(town) == [], "an answered question makes no work for anybody"


@pytest.mark.parametrize("complaint", COMPLAINTS)
def test_a_complaint_stays_a_ticket_even_as_a_question(
    town: Town, resident: Talker, complaint: str
) -> None:
    reply = resident.say(complaint)
    assert "已受理 #" in reply
    assert [one.text for one in tickets(town)] == [complaint]


def test_an_emergency_is_never_looked_up(town: Town, resident: Talker) -> None:
    assert "119" in resident.say("充电棚着火了怎么办")
    assert len(tickets(town)) == 1


def test_several_entries_are_numbered_and_a_digit_shows_one_whole(
    town: Town, resident: Talker
) -> None:
    listed = resident.say("哪里能给电动车充电")
    assert "1 幸福里小区1号充电棚" in listed or "1 幸福里小区2号充电棚" in listed
    first, second = resident.say("1"), resident.say("2")
    assert {"充电口：20 个" in first, "充电口：20 个" in second} == {True, False}
    assert "地址：" in first and "价格：" in first
    assert "1 到 2" in resident.say("7")
    assert tickets(town) == []


def test_everyone_is_answered_for_their_own_estate(town: Town) -> None:
    assert "1.2 元" in town.person("demo-resident-1").say("物业费多少钱一平")
    assert "1.5 元" in town.person("demo-resident-8").say("物业费多少钱一平")


def test_the_estate_a_question_names_counts_before_the_home(town: Town, resident: Talker) -> None:
    assert "1.5 元" in resident.say("阳光小区物业费多少钱一平")


def test_fees_of_strangers_are_not_passed_off_as_ones_own(town: Town) -> None:
    reply = town.person("demo-resident-10").say("物业费多少钱一平")
    assert "元，" not in reply
    assert len(unanswered(town)) == 1


def test_what_anybody_may_use_is_told_from_elsewhere_when_home_has_none(town: Town) -> None:
    reply = town.person("demo-resident-10").say("附近有食堂吗")
    assert "幸福社区老年食堂" in reply
    assert "适用：幸福社区" in reply


def test_who_has_no_home_is_answered_from_the_whole(town: Town) -> None:
    talker = town.person("newcomer")
    listed = talker.say("物业费多少钱一平")
    assert "幸福里小区" in listed and "阳光花园" in listed
    assert "每月每平方米" in talker.say("1")


def test_an_uncertain_fit_is_asked_about_and_0_calls_a_person(town: Town, resident: Talker) -> None:
    asked = resident.say("请问居住证明去哪里开")
    assert "您想问的是这些吗" in asked and "居住证办理" in asked
    assert tickets(town) == []
    assert "来答复您" in resident.say("0")
    (ticket,) = tickets(town)
    assert ticket.text == "请问居住证明去哪里开"
    assert ticket.intent == Intent.ENQUIRY
    assert unanswered(town) == [(ticket.id, True)]


def test_a_question_without_an_entry_becomes_a_ticket_and_a_row_of_the_list(
    town: Town, resident: Talker
) -> None:
    assert "#" in resident.say("请问游泳馆几点开门")
    (ticket,) = tickets(town)
    assert unanswered(town) == [(ticket.id, True)]
    (waiting,) = town.look(lambda session: questions.waiting(session))
    assert waiting[1].id == ticket.id


def test_a_mere_report_is_no_unanswered_question(town: Town, resident: Talker) -> None:
    resident.say("3号楼楼道有人拉飞线给电瓶车充电")
    assert unanswered(town) == []


def test_the_answer_of_staff_is_kept_and_found_by_the_next_who_asks(
    town: Town, resident: Talker, staff: Talker
) -> None:
    number = open_ticket_of(town, resident, "您好，请问合唱团在哪里报名？")
    asked = staff.say(f"回复 {number} 每周三上午到活动室找老师登记，不收费")
    assert "标题：合唱团在哪里报名" in asked
    assert "已转告居民" in asked
    assert any("每周三上午到活动室" in one for one in resident.received())
    assert unanswered(town) == [(number, False)]
    assert "已收进幸福社区的办事指南" in staff.say("1")
    before = len(tickets(town))
    for openid, question in [
        ("demo-resident-2", "合唱团怎么报名"),
        ("demo-resident-8", "想问下合唱团在哪报名呀"),
    ]:
        assert "每周三上午到活动室" in town.person(openid).say(question)
    assert len(tickets(town)) == before
    entry = town.look(
        lambda session: session.scalars(
            select(DirectoryEntry).where(DirectoryEntry.ticket_id == number)
        ).one()
    )
    assert (entry.author_id, entry.version) == (staff.person_id, 1)
    assert town.look(lambda session: questions.of_ticket(session, number)).entry_id == entry.id


def test_staff_may_give_a_better_title_or_leave_it(
    town: Town, resident: Talker, staff: Talker
) -> None:
    number = open_ticket_of(town, resident, "请问游泳馆几点开门")
    staff.say(f"回复 {number} 早上六点")
    assert "：游泳馆开放时间" in staff.say("1 游泳馆开放时间")
    other = open_ticket_of(town, resident, "请问图书馆能占座吗")
    before = entries(town)
    staff.say(f"回复 {other} 不能")
    assert "只给提问的居民" in staff.say("2")
    assert entries(town) == before
    assert unanswered(town) == [(number, False), (other, False)]


def test_the_same_title_again_becomes_a_newer_version(
    town: Town, resident: Talker, staff: Talker
) -> None:
    first = open_ticket_of(town, resident, "请问游泳馆几点开门")
    staff.say(f"回复 {first} 早上六点")
    staff.say("1")
    neighbour = town.person("demo-resident-2")
    neighbour.say("请问游泳馆几点开门")
    assert "来答复您" in neighbour.say("0")
    second = tickets(town)[-1].id
    staff.say(f"回复 {second} 改成七点了")
    staff.say("1")
    shown = town.person("demo-resident-5").say("游泳馆几点开门")
    assert "改成七点了" in shown and "早上六点" not in shown


def test_a_private_number_in_an_answer_is_never_offered_for_the_directory(
    town: Town, resident: Talker, staff: Talker
) -> None:
    number = open_ticket_of(town, resident, "请问游泳馆几点开门")
    reply = staff.say(f"回复 {number} 打 13800001234 问")
    assert "办事指南" not in reply
    assert "已转告居民" in reply
    assert unanswered(town) == [(number, False)]


def test_a_private_number_in_the_new_title_is_refused_and_the_question_stays(
    town: Town, resident: Talker, staff: Talker
) -> None:
    number = open_ticket_of(town, resident, "请问游泳馆几点开门")
    staff.say(f"回复 {number} 早上六点")
    before = entries(town)
    assert "不合适" in staff.say("1 问13800001234")
    assert entries(town) == before
    assert "已收进" in staff.say("1")


def test_an_answer_to_a_complaint_is_not_offered(town: Town, resident: Talker) -> None:
    resident.say("3号楼楼道有人拉飞线给电瓶车充电")
    (ticket,) = tickets(town)
    owner = town.look(lambda session: session.get_one(Ticket, ticket.id).owner_id)
    openid = town.look(lambda session: openid_of(session, owner))
    assert "办事指南" not in town.person(openid).say(f"回复 {ticket.id} 马上去拆")


def openid_of(session: Session, person_id: int) -> str:
    return session.scalars(
        select(factories.Identity.openid).where(factories.Identity.person_id == person_id)
    ).one()


def test_the_command_shows_what_can_be_asked_and_leads_to_it_by_digits(
    town: Town, resident: Talker
) -> None:
    shown = resident.say("办事")
    assert "1 电动车充电" in shown and "哪里能给电动车充电" in shown
    assert "回复数字" in resident.say("1")
    assert "充电口" in resident.say("1")


def test_the_command_searches_what_follows_it(town: Town, resident: Talker) -> None:
    assert "居住登记" in resident.say("办事 居住证")
    assert "还没有“潜水”" in resident.say("办事 潜水")
    assert "来答复您" in resident.say("0")
    assert [one.text for one in tickets(town)] == ["办事 潜水"]


def test_the_command_says_so_where_nothing_is_kept(database: Database) -> None:
    with database.writing() as session:
        factories.area(session, factories.AreaKind.COMMUNITY, "新社区")
    assert "还没有办事指南" in Town(database, NOW).person("somebody").say("办事")


def test_an_entry_is_shown_from_its_first_to_its_last_day(town: Town, resident: Talker) -> None:
    with town.database.writing() as session:
        actions.add(
            session,
            Details(
                kind="faq",
                title="灯会在哪看",
                text="中心广场",
                since_on=date(2026, 3, 4),
                until_on=date(2026, 3, 5),
            ),
            area_id=factories.area_named(session, "幸福社区").id,
            by=factories.demo_person(session, "community_staff"),
            at=town.now,
        )
    shown = []
    for _ in range(4):
        shown.append("中心广场" in resident.say("灯会在哪看"))
        town.later(days=1)
    assert shown == [False, True, True, False]


def test_an_entry_taken_out_meanwhile_is_not_shown(town: Town, resident: Talker) -> None:
    resident.say("附近有食堂吗")
    with town.database.writing() as session:
        by = factories.demo_person(session, "community_staff")
        (canteen,) = [one for one in lists.within(session) if one.kind == "canteen"]
        actions.withdraw(session, canteen, by=by, at=town.now)
    assert "撤下了" in resident.say("1")


def test_photos_sent_before_make_it_a_report(town: Town, resident: Talker) -> None:
    resident.photo()
    assert "已受理 #" in resident.say("充电桩在哪报修电话多少")


def test_a_question_soon_after_a_report_is_answered_and_not_added_to_it(
    town: Town, resident: Talker
) -> None:
    resident.say("3号楼楼道有人拉飞线给电瓶车充电")
    town.later(minutes=2)
    assert "老年食堂" in resident.say("附近有食堂吗")
    assert len(tickets(town)) == 1


def test_an_answer_leaves_another_open_question_to_its_digit(town: Town) -> None:
    talker = town.person("demo-resident-4")
    talker.say("有人占车位")
    shown = talker.say("法律援助去哪")
    assert "律师" in shown
    assert "回复 0" not in shown, "the 0 belongs to what was asked before"


def test_staff_of_another_place_are_not_asked_to_keep_an_answer(town: Town) -> None:
    with town.database.writing() as session:
        where = factories.building(session, 1, "和平家园")
        ticket = factories.ticket(session, where, intent=Intent.ENQUIRY)
        stranger = factories.demo_person(session, "community_staff")
        assert questions.area_for(session, ticket, stranger, NOW) is None
        local = factories.demo_person(session, "community_staff", 3)
        assert questions.area_for(session, ticket, local, NOW) == where.community_id
        property_staff = factories.demo_person(session, "property_staff", 3)
        assert questions.area_for(session, ticket, property_staff, NOW) == where.estate_id
