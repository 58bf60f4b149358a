"""专项整治 as it is played in chat: planned, done by several teams, corrected, published."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs.notices import publish_notices
from jobs.operations import operation_clock
from models.base import Database
from models.media import Media
from models.notices.table import Notice, NoticeState
from models.operations.flow import OperationState
from models.operations.table import Finding, FindingPhoto, Operation
from models.tickets.table import Ticket
from tests import factories
from tests.chat import Talker, Town

NOW = factories.MORNING  # a Tuesday, 9:00
LINE = "专项整治 飞线夜查 今晚8点 幸福里小区 消防 城管 网格员 楼长"


@pytest.fixture
def town(store: Database) -> Iterator[Town]:
    """On both stores."""
    factories.town(store)
    yield Town(store, NOW)


@pytest.fixture
def staff(town: Town) -> Talker:
    return town.person("demo-community_staff-1")


@pytest.fixture
def fire(town: Town) -> Talker:
    return town.person("demo-department_liaison-2")


@pytest.fixture
def head(town: Town) -> Talker:
    return town.person("demo-building_head-1")


def tick(town: Town, **later: float) -> None:
    town.later(**later)
    publish_notices(town.database, town.now)
    operation_clock(town.database, town.now)


def planned(staff: Talker) -> None:
    staff.say(LINE)
    assert "编号 1" in staff.say("1")


def under_way(town: Town, staff: Talker) -> None:
    planned(staff)
    tick(town, hours=11)


def operation(town: Town) -> Operation:
    found: Operation = town.look(lambda session: session.scalars(select(Operation)).one())
    return found


def counts(town: Town) -> list[tuple[str | None, int, str]]:
    def find(session: Session) -> list[tuple[str | None, int, str]]:
        rows = session.scalars(
            select(Finding).where(Finding.retracted_at.is_(None)).order_by(Finding.id)
        )
        return [(one.kind, one.count, one.unit) for one in rows]

    found: list[tuple[str | None, int, str]] = town.look(find)
    return found


def test_further_teams_are_asked_in_a_line_or_by_the_menu(town: Town, staff: Talker) -> None:
    planned(staff)
    power, police = (town.person(f"demo-department_liaison-{count}") for count in (7, 1))
    assert "已请：供电" in staff.say("专项整治 1 加供电")
    assert "【专项整治】飞线夜查" in power.received()[-1]
    assert "没有找到能新请的人" in staff.say("专项整治 再叫上 供电、消防")
    assert "已撤销，刚才请的人不用来了" in staff.say("撤销")
    assert len(power.received()) <= 1 and "供电" not in staff.say("专项整治 1")
    assert "请谁参加" in staff.say("2") and "已请：公安、物业" in staff.say("公安和物业")
    assert "1 参加" in police.received()[-1]
    assert "在哪里" in staff.say("专项整治 加装消防栓检查"), "that is a plan of its own"
    resident = town.person("demo-resident-1")
    assert "已请" not in resident.say("专项整治 1 加供电")


def test_a_night_check_from_plan_to_published_result(
    town: Town, staff: Talker, fire: Talker, head: Talker
) -> None:
    asked = staff.say(LINE)
    assert "飞线夜查" in asked and "3月3日（周二）20:00" in asked and "幸福里小区" in asked
    assert "消防、城管、" in asked and "网格员" in asked and "楼长" in asked
    assert "已安排：飞线夜查" in staff.say("1")
    assert "1 参加" in fire.received()[-1] and "带队：幸福社区工作者" in fire.received()[-1]
    assert "1 我来" in head.received()[-1] and "不用说理由" in head.received()[-1]
    assert "幸福里小区见" in fire.say("1")
    assert "幸福里小区见" in head.say("收到")
    city = town.person("demo-department_liaison-3")
    assert "没关系" in city.say("2 今晚另有任务")
    assert "城管这次来不了（今晚另有任务）" in staff.received()[-1]
    tick(town, hours=10)
    assert "快开始了" in fire.received()[-1]
    assert not any("快开始了" in one for one in city.received()), "who can not come is left alone"
    tick(town, hours=1)
    assert "【开始了】飞线夜查" in head.received()[-1]

    assert "记下了：拆除飞线3处" in fire.say("拆除飞线3处")
    assert "清理消防通道2条，劝离车辆5台" in fire.say("清理消防通道2条，劝离车辆5台")
    assert "3号楼 收缴飞线2根" in head.say("3号楼收缴飞线两根")
    assert "放进“收缴飞线”" in head.photo("p-1")
    assert "现在是：劝离车辆4台" in fire.say("车辆改成4台")
    shown = staff.say("专项整治 1")
    assert "拆除飞线 3处" in shown and "劝离车辆 4辆" in shown and "照片 1张" in shown
    assert "来不了：城管联络员" in shown

    over = staff.say("结束整治")
    assert "飞线夜查结果" in over and "参加：消防、楼长" in over
    assert "共拆除飞线3处，收缴飞线2根，清理消防通道2条，劝离车辆4辆。" in over
    assert operation(town).state == OperationState.ENDED
    second = town.person("demo-community_staff-2")
    assert "【请审核】飞线夜查结果" in second.received()[-1]
    assert "马上公示" in second.say("1")
    tick(town, minutes=1)
    tick(town, minutes=1)
    assert operation(town).state == OperationState.PUBLISHED
    assert "结果已公示" in fire.received()[-1]
    assert sum("结果" in one for one in staff.received()) == 1, "who wrote it hears it once"
    resident = town.person("demo-resident-1")
    assert "共拆除飞线3处" in resident.say("公示 1")
    assert "联络员" not in resident.say("公示 1"), "no person is named"


def test_a_plan_is_made_step_by_step(town: Town, staff: Talker) -> None:
    assert "整治什么" in staff.say("专项整治")
    assert "在哪里" in staff.say("消防通道清理")
    assert "哪天、几点" in staff.say("阳光花园")
    assert "几点开始" in staff.say("后天")
    assert "请谁参加" in staff.say("上午9点半")
    draft = staff.say("消防和物业")
    assert "消防通道清理" in draft and "3月5日（周四）09:30" in draft
    assert "参加：消防、物业" in draft
    changed = staff.say("改成周五下午两点，再叫上供电")
    assert "3月6日（周五）14:00" in changed and "供电" in changed
    assert "没有通知任何人" in staff.say("2")
    assert town.look(lambda session: session.scalars(select(Operation)).first()) is None


def test_what_can_not_be_read_is_asked_once_more_and_then_left(town: Town, staff: Talker) -> None:
    staff.say("专项整治 飞线夜查 今晚8点 消防")
    assert "没看懂" in staff.say("老地方")
    again = staff.say("3号楼楼道的灯坏了")
    assert "没看懂" not in again and "#1" in again, "it is a matter of its own"


def test_a_time_that_has_passed_is_asked_again(town: Town, staff: Talker) -> None:
    asked = staff.say("专项整治 飞线夜查 今天早上8点 幸福里小区 消防")
    assert "已经过了" in asked
    assert "3月3日（周二）20:00" in staff.say("今晚8点")


def test_two_entries_of_one_message_are_taken_back_together(
    town: Town, staff: Talker, fire: Talker
) -> None:
    under_way(town, staff)
    fire.say("清理消防通道2条，劝离车辆5台")
    fire.say("拆除飞线3处")
    assert "现在共：清理消防通道2条，劝离车辆5辆" in fire.say("撤销")
    assert "还没有记录" in fire.say("撤销")
    assert "没有可以撤销" in fire.say("撤销")
    assert counts(town) == []


def test_a_correction_is_taken_back_too(town: Town, staff: Talker, fire: Talker) -> None:
    under_way(town, staff)
    fire.say("拆除飞线3处")
    fire.say("刚才的改成2处")
    assert counts(town) == [("wire_removed", 2, "处")]
    assert "拆除飞线3处" in fire.say("撤销")
    assert counts(town) == [("wire_removed", 3, "处")]


def test_of_two_entries_that_fit_a_correction_it_is_asked(
    town: Town, staff: Talker, fire: Talker
) -> None:
    under_way(town, staff)
    fire.say("清理楼道堆物2处，拆除飞线3处")
    assert "2 拆除飞线3处" in fire.say("改成5处")
    assert "拆除飞线5处" in fire.say("2")


def test_an_unknown_thing_is_asked_about_once_and_kept_in_its_own_words(
    town: Town, staff: Talker, fire: Talker
) -> None:
    under_way(town, staff)
    asked = fire.say("取缔占道烧烤2个")
    assert "“取缔占道烧烤”归哪一类" in asked and "规范流动摊点" in asked and "0 都不是" in asked
    assert "占道烧烤2个" in fire.say("0")
    again = fire.say("取缔占道烧烤1个")
    assert "归哪一类" not in again
    over = staff.say("结束整治")
    assert "占道烧烤3个" in over


def test_a_kind_that_was_chosen_counts_for_the_next_time(
    town: Town, staff: Talker, fire: Talker
) -> None:
    under_way(town, staff)
    asked = fire.say("取缔占道烧烤2个")
    [line] = [one for one in asked.splitlines() if "规范流动摊点" in one]
    assert "规范流动摊点2个" in fire.say(line.split()[0])
    fire.say("取缔占道烧烤1个")
    assert counts(town) == [("stall_moved", 2, "个"), ("stall_moved", 1, "个")]


def test_how_many_is_asked_when_it_was_not_said(town: Town, staff: Talker, fire: Talker) -> None:
    under_way(town, staff)
    assert "拆除飞线几处" in fire.say("3号楼飞线拆了")
    assert "3号楼 拆除飞线12处" in fire.say("12")
    assert counts(town) == [("wire_removed", 12, "处")]


def test_a_number_first_is_a_count_and_no_answer(town: Town, staff: Talker, fire: Talker) -> None:
    under_way(town, staff)
    assert "拆除飞线3处" in fire.say("3处飞线已拆除")
    assert counts(town) == [("wire_removed", 3, "处")]


def test_what_could_not_be_settled_becomes_a_ticket(
    town: Town, staff: Talker, head: Talker
) -> None:
    under_way(town, staff)
    assert "要开工单" in head.say("3号楼发现楼道堆物1处，住户拒不清理")
    assert "已开工单 #1" in head.say("1")
    ticket = town.look(lambda session: session.get_one(Ticket, 1))
    assert ticket.place_name == "幸福里小区3号楼" and ticket.category == "fire_safety"
    over = staff.say("结束整治")
    assert "还没解决：堆物1处" in over and "1 件已开工单" in over
    assert "清理楼道堆物" not in over, "nothing was cleared"


def test_what_was_settled_after_all_counts_as_done(town: Town, staff: Talker, head: Talker) -> None:
    under_way(town, staff)
    assert "发现飞线3处" in head.say("3号楼飞线3处")
    assert "拆除飞线3处" in head.say("3")
    assert "还没解决" not in staff.say("结束整治")


def test_who_says_that_they_have_come_has_come_and_opens_no_ticket(
    town: Town, staff: Talker, fire: Talker
) -> None:
    under_way(town, staff)
    assert "辛苦了" in fire.say("我们到了")
    assert town.look(lambda session: session.scalars(select(Ticket)).first()) is None
    assert "参加：消防。" in staff.say("结束整治")


def test_a_grid_worker_on_site_tells_a_count_and_no_hazard(town: Town, staff: Talker) -> None:
    under_way(town, staff)
    worker = town.person("demo-grid_worker-1")
    assert "记下了：发现灭火器4个" in worker.say("发现灭火器过期4个")
    assert "隐患" in worker.say("发现3号楼楼道有人飞线充电")


def test_a_report_of_a_matter_stays_a_report(town: Town, staff: Talker, head: Talker) -> None:
    under_way(town, staff)
    assert "#1" in head.say("3号楼2单元门口的路灯不亮了")
    assert counts(town) == []
    town.later(minutes=1)
    assert "先保安全" in head.say("3号楼楼道着火了") and counts(town) == []


def test_a_photo_before_its_words_is_put_with_them(town: Town, staff: Talker, head: Talker) -> None:
    under_way(town, staff)
    assert "接着说" in head.photo("p-1")
    head.say("3号楼拆除飞线1处")

    def find(session: Session) -> list[int | None]:
        return list(session.scalars(select(FindingPhoto.finding_id)))

    assert town.look(find) == [1]
    assert town.look(lambda session: session.scalars(select(Media.ticket_id)).all()) == [None]


def test_the_second_person_sends_the_sheet_back_and_it_is_put_right(
    town: Town, staff: Talker, fire: Talker
) -> None:
    under_way(town, staff)
    fire.say("拆除飞线30处")
    staff.say("结束整治")
    second = town.person("demo-community_staff-2")
    assert "哪里要改" in second.say("2")
    assert "已退回" in second.say("数目不对，请核实")
    assert "数目不对，请核实" in staff.received()[-1]
    assert operation(town).state == OperationState.UNDER_WAY
    assert "拆除飞线3处" in fire.say("飞线改成3处")
    assert "拆除飞线3处" in staff.say("结束整治")
    states = town.look(lambda session: session.scalars(select(Notice.state)).all())
    assert sorted(states) == [NoticeState.DRAFT, NoticeState.WITHDRAWN]


def test_nobody_reviews_their_own_sheet(town: Town, staff: Talker) -> None:
    under_way(town, staff)
    staff.say("结束整治")
    assert "没有" in staff.say("1")
    assert operation(town).state == OperationState.ENDED


def test_the_end_and_the_plan_are_taken_back(town: Town, staff: Talker, fire: Talker) -> None:
    planned(staff)
    assert "不安排了" in staff.say("撤销")
    assert operation(town).state == OperationState.CANCELLED
    assert not any("飞线夜查" in one for one in fire.received()), "it had not left yet"


def test_the_end_taken_back_goes_on_counting(town: Town, staff: Talker, fire: Talker) -> None:
    under_way(town, staff)
    staff.say("结束整治")
    assert "接着进行" in staff.say("撤销")
    assert "记下了" in fire.say("拆除飞线1处")


def test_calling_it_off_needs_a_reason_that_everybody_reads(
    town: Town, staff: Talker, fire: Talker
) -> None:
    planned(staff)
    assert "为什么取消" in staff.say("取消整治")
    assert "已取消" in staff.say("大雨，改期")
    assert "原因：大雨，改期" in fire.received()[-1]


@pytest.mark.parametrize("who", ["grid_worker", "building_head", "property_staff", "resident"])
def test_only_who_may_plan_plans(town: Town, who: str) -> None:
    said = town.person(f"demo-{who}-1").say(LINE)
    assert "1 就这样" not in said
    assert town.look(lambda session: session.scalars(select(Operation)).first()) is None


def test_a_department_leads_and_the_community_reviews(town: Town, fire: Talker) -> None:
    fire.say("专项整治 消防检查 今晚8点 幸福里小区 物业 楼长")
    assert "已安排" in fire.say("1")
    tick(town, hours=11)
    fire.say("检查商户15家")
    assert "检查商户15家" in fire.say("结束整治")
    assert "【请审核】" in town.person("demo-community_staff-1").received()[-1]


def test_who_is_not_asked_sees_nothing_of_it(town: Town, staff: Talker) -> None:
    planned(staff)
    other = town.person("demo-property_staff-2")
    assert other.say("专项整治 1") == other.say("专项整治 99").replace("99", "1")


def test_a_leader_who_forgets_is_asked_once(town: Town, staff: Talker) -> None:
    under_way(town, staff)
    for _ in range(4):
        tick(town, hours=6)
    assert sum("还没结束" in one for one in staff.received()) == 1
