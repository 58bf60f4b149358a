"""Residents read notices and object to them in chat; staff answer there."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs.notices import close_notices, publish_notices
from jobs.queue import Queue
from models.base import Database
from models.notices import actions
from models.notices.table import Notice, NoticeRead, Objection
from models.sealing import KEYRING
from models.tickets.table import Ticket
from tests import factories
from tests.chat import Talker, Town

NOW = factories.MORNING
LONG = "".join(f"第{number}条，公共收益收支明细逐笔列明，欢迎监督。" for number in range(1, 41))


@pytest.fixture(autouse=True)
def keys() -> None:
    KEYRING.use({"1": b"k" * 32})


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


def publish(
    town: Town,
    kind: str = "income_expense",
    title: str = "一季度收支",
    body: str = "结余 4000 元",
    area: str = factories.ESTATE,
) -> int:
    """Through review, clock and tasks; its number."""
    with town.database.writing() as session:
        author, reviewer = (
            factories.demo_person(session, "community_staff", count) for count in (1, 2)
        )
        area_id = factories.area_named(session, area).id
        notice = actions.draft(
            session, kind=kind, title=title, body=body, area_id=area_id, by=author, at=town.now
        )
        actions.review(session, notice, by=reviewer, at=town.now)
        actions.schedule(session, notice, publish_at=town.now, by=reviewer, at=town.now)
    publish_notices(town.database, town.now)
    Queue(town.database, lambda: town.now).drain()
    return notice.id


def objected(town: Town) -> list[str | None]:
    def find(session: Session) -> list[str | None]:
        return list(session.scalars(select(Objection.text).order_by(Objection.id)))

    found: list[str | None] = town.look(find)
    return found


def reads(town: Town) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = town.look(
        lambda session: [
            tuple(row)
            for row in session.execute(select(NoticeRead.notice_id, NoticeRead.person_id))
        ]
    )
    return found


def tickets(town: Town) -> int:
    return len(town.look(lambda session: session.scalars(select(Ticket.id)).all()))


def test_the_message_tells_enough_and_how_to_read_on(town: Town, resident: Talker) -> None:
    number = publish(town)
    (told,) = resident.received()
    assert "一季度收支" in told
    assert "3月10日（周二）09:00" in told
    assert f"公示 {number}" in told
    assert "结余 4000 元" in resident.say(f"公示 {number}")


def test_a_resident_reads_the_list_and_opens_one_by_its_digit(town: Town, resident: Talker) -> None:
    first = publish(town)
    town.later(minutes=1)
    second = publish(town, "safety_tip", "夏季用电安全", "电动车不上楼", "幸福社区")
    listed = resident.say("公示")
    assert "1 安全提示｜夏季用电安全" in listed
    assert "2 收支公示｜一季度收支" in listed
    assert "电动车不上楼" in resident.say("1")
    assert "结余 4000 元" in resident.say("2"), "the list stays open for the next digit"
    assert sorted(reads(town)) == [(one, resident.person_id) for one in (first, second)]
    assert "1 到 2" in resident.say("9")
    assert tickets(town) == 0


def test_a_long_text_comes_in_pages_and_nothing_of_it_is_lost(town: Town, resident: Talker) -> None:
    publish(town, body=LONG)
    resident.say("公示")
    shown = [resident.say("1")]
    while "回复 0 看下一页" in shown[-1]:
        shown.append(resident.say("0"))
    assert len(shown) > 2
    assert all(len(page) <= 600 for page in shown)
    assert "".join(page.split("\n\n")[1] for page in shown) == LONG
    assert all(page.split("\n\n")[1].endswith("。") for page in shown), "cut behind sentences"
    assert "公示期到" in shown[-1], "how to object is said at the end"


def test_who_has_no_home_is_led_to_name_one(town: Town) -> None:
    publish(town)
    assert "绑定" in town.person("demo-resident-4").say("公示")


def test_another_estates_notice_is_not_found_by_its_number(town: Town) -> None:
    number = publish(town)
    for stranger in ("demo-resident-8", "demo-resident-4"):
        assert "没有找到" in town.person(stranger).say(f"公示 {number}")
        assert "没有找到" in town.person(stranger).say(f"异议 {number} 不同意")
    assert objected(town) == []
    assert reads(town) == []


def test_an_objection_is_thanked_for_brought_to_staff_and_answered(
    town: Town, resident: Talker, staff: Talker
) -> None:
    number = publish(town)
    thanks = resident.say(f"异议　{number}　停车费，少算了一个月 A座")
    assert "谢谢" in thanks
    assert "3月6日（周五）09:00" in thanks
    told = staff.received()[-1]
    assert "停车费，少算了一个月 A座" in told
    assert "居民A" not in told
    assert "答复异议 1" in told
    assert "已发给" in staff.say("答复异议 1 已核对，补记 300 元")
    assert "补记 300 元" in resident.received()[-1]
    assert "已经答复过" in town.person("demo-community_staff-2").say("答复异议 1 重复")
    assert tickets(town) == 0


def test_an_objection_without_number_goes_to_the_only_notice_that_takes_one(
    town: Town, resident: Talker
) -> None:
    publish(town)
    town.later(minutes=1)
    publish(town, "safety_tip", "用电安全", "不飞线")
    assert "什么意见" in resident.say("异议")
    assert "谢谢" in resident.say("公共收益，应该公布明细！")
    assert objected(town) == ["公共收益，应该公布明细！"], "in the resident's own spelling"


def test_with_several_open_it_is_asked_once_which_and_the_words_are_kept(
    town: Town, resident: Talker
) -> None:
    publish(town)
    town.later(minutes=1)
    publish(town, "property_fee", "物业费标准", "每月每平方米 1.2 元")
    assert "2 收支公示" in resident.say("异议 金额不对")
    assert "1 到 2" in resident.say("7")
    assert "一季度收支" in resident.say("2")
    assert objected(town) == ["金额不对"]


def test_a_fire_while_an_objection_is_awaited_is_a_fire(town: Town, resident: Talker) -> None:
    publish(town)
    resident.say("异议")
    assert "119" in resident.say("3号楼着火了快来人")
    assert objected(town) == []
    assert tickets(town) == 1


def test_after_the_period_the_reply_says_so_and_offers_another_way(
    town: Town, resident: Talker
) -> None:
    number = publish(town)
    town.later(days=8)
    assert "已经结束" in resident.say(f"异议 {number} 金额不对")
    assert "没有在公示期内" in resident.say("异议")
    assert objected(town) == []


def test_a_mere_announcement_says_that_it_takes_no_objection(town: Town, resident: Talker) -> None:
    number = publish(town, "safety_tip", "用电安全", "不飞线")
    assert "不收异议" in resident.say(f"异议 {number} 不同意")


def test_staff_choose_among_the_waiting_and_may_answer_in_two_steps(
    town: Town, resident: Talker, staff: Talker
) -> None:
    number = publish(town)
    assert "没有等您答复" in staff.say("答复异议")
    resident.say(f"异议 {number} 第一条意见")
    town.person("demo-resident-2").say(f"异议 {number} 第二条意见")
    listed = staff.say("答复异议")
    assert "1 一季度收支：第一条意见" in listed
    assert "请写下答复" in staff.say("2")
    assert "已发给" in staff.say("按实际抄表数重新核算")
    assert "按实际抄表数" in town.person("demo-resident-2").received()[-1]
    assert "请写下答复" in staff.say("答复异议"), "the last one needs no choosing"


def test_whoever_does_not_serve_the_place_can_not_answer(town: Town, resident: Talker) -> None:
    resident.say(f"异议 {publish(town)} 不对")
    for stranger in ("demo-community_staff-3", "demo-property_staff-1", "demo-building_head-1"):
        assert "没有找到" in town.person(stranger).say("答复异议 1 没问题")
    assert "没有找到" in town.person("demo-community_staff-1").say("答复异议 99 没问题")


def test_staff_are_reminded_each_morning_until_all_is_answered_and_then_it_is_archived(
    town: Town, resident: Talker, staff: Talker
) -> None:
    number = publish(town)
    resident.say(f"异议 {number} 不对")
    before = len(staff.received())
    town.later(days=1)
    close_notices(town.database, town.now)
    close_notices(town.database, town.now)
    assert len(staff.received()) == before + 1
    assert "还有 1 条异议" in staff.received()[-1]
    town.later(days=8)
    close_notices(town.database, town.now)
    assert number in open_numbers(town)
    staff.say("答复异议 1 已更正")
    close_notices(town.database, town.now + timedelta(days=1))
    assert number not in open_numbers(town)


def open_numbers(town: Town) -> list[int]:
    found: list[int] = town.look(
        lambda session: list(session.scalars(select(Notice.id).where(Notice.state == "published")))
    )
    return found
