"""一事一策 as it is played in chat: a ticket becomes a problem whose plan residents follow."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from jobs.legacy import legacy_clock
from models.base import Database
from models.legacy.flow import LegacyOutcome, LegacyState, MilestoneState
from models.legacy.table import ForceMember, LegacyProblem, Milestone
from models.tickets.table import About
from tests import factories
from tests.chat import Talker, Town

NOW = factories.MORNING  # Tuesday, 3 March 2026, 9:00
TITLE = "3号楼渗漏治理"


@pytest.fixture
def town(store: Database) -> Iterator[Town]:
    """On both stores."""
    factories.town(store)
    yield Town(store, NOW)


@pytest.fixture
def staff(town: Town) -> Talker:
    return town.person("demo-community_staff-1")


@pytest.fixture
def resident(town: Town) -> Talker:
    return town.person("demo-resident-1")


def reported(town: Town, **more: object) -> int:
    with town.database.writing() as session:
        return factories.ticket(
            session, factories.building(session), town.now, text="3号楼漏水十年了", **more
        ).id


def under_way(town: Town, staff: Talker) -> int:
    number = reported(town)
    staff.say(f"一事一策 {number} {TITLE}")
    staff.say(f"一事一策 {number} 方案 申请维修资金，分三步更换管道")
    return number


def problem(town: Town) -> LegacyProblem:
    found: LegacyProblem = town.look(lambda session: session.scalars(select(LegacyProblem)).one())
    return found


def milestones(town: Town) -> list[Milestone]:
    found: list[Milestone] = town.look(
        lambda session: list(session.scalars(select(Milestone).order_by(Milestone.id)))
    )
    return found


def clock(town: Town, month: int, day: int, hour: int = 9) -> None:
    """The tenth minute after this hour in Shanghai."""
    town.now = datetime(2026, month, day, hour - 8, 10, tzinfo=UTC)
    legacy_clock(town.database, town.now)


def test_a_problem_from_its_ticket_to_its_end(town: Town, staff: Talker, resident: Talker) -> None:
    number = reported(town)
    assert "起个名" in staff.say(f"一事一策 {number}")
    opened = staff.say(TITLE)
    assert "已立项：3号楼渗漏治理" in opened and "1 写方案" in opened
    assert "专门办理" not in resident.say(f"进度 {number}"), "there is no plan yet"
    assert "打算怎么办" in staff.say("1")
    assert "进展页：http" in staff.say("申请维修资金，分三步更换管道")
    told = resident.received()[-1]
    assert (
        "有专门方案了：3号楼渗漏治理" in told and "分三步更换管道" in told and "/p/legacy/" in told
    )

    assert "已请进专班：住建、物业" in staff.say(f"一事一策 {number} 专班 住建 物业")
    housing = town.person("demo-department_liaison-4")
    assert "请您一起办" in housing.received()[-1]
    assert "3月20日（周五） 完成勘察" in staff.say(f"一事一策 {number} 节点 3月20日 完成勘察")
    staff.say(f"一事一策 {number} 节点 6月30日 更换主管道")
    shown = resident.say(f"进度 {number}")
    assert "专门办理：3号楼渗漏治理" in shown and "3月20日（周五） 完成勘察" in shown

    assert "另一个人看过就公开" in housing.say(f"一事一策 {number} 进展 已联系检测单位")
    asked = staff.received()[-1]
    assert "已联系检测单位" in asked and "1 可以公开" in asked
    assert "已公开：已联系检测单位" in staff.say("1")
    housing.say(f"一事一策 {number} 完成 1 漏点有四处")
    assert "漏点有四处" in staff.received()[-1] and "撤销" in housing.say("撤销")
    assert "已公开" not in staff.say("1") and "漏点有四处" not in staff.say("一事一策")
    assert "“完成勘察”已完成" in housing.say(f"一事一策 {number} 完成 1 漏点有三处")
    told = resident.received()[-1]
    assert "完成勘察，已完成。漏点有三处" in told and "下一步：6月30日（周二） 更换主管道" in told
    assert "改到 7月31日（周五）" in staff.say(f"一事一策 {number} 推迟 1 7月31日 等招标")
    assert "原因：等招标" in resident.received()[-1]
    assert "（原定 6月30日（周二））" in resident.say(f"进度 {number}")
    assert "怎么了结" in staff.say(f"一事一策 {number} 办结")
    assert "已办结（已解决）" in staff.say("1 主管道已全部更换")
    assert "已解决。\n主管道已全部更换" in resident.received()[-1]
    found = problem(town)
    assert (found.state, found.outcome) == (LegacyState.ENDED, LegacyOutcome.SOLVED)
    assert [one.state for one in milestones(town)] == [
        MilestoneState.REACHED,
        MilestoneState.DROPPED,
    ]


def test_the_menu_leads_through_what_is_missing(town: Town, staff: Talker) -> None:
    under_way(town, staff)
    menu = staff.say("一事一策")
    [line] = [one for one in menu.splitlines() if "加节点" in one]
    assert "哪天、办到哪一步" in staff.say(line.split()[0])
    assert "哪一天" in staff.say("完成勘察")
    assert "3月20日（周五） 完成勘察" in staff.say("3月20日")
    staff.say("一事一策 节点 4月1日 施工进场")
    menu = staff.say("一事一策")
    [line] = [one for one in menu.splitlines() if "节点推迟" in one]
    assert "2 施工进场" in staff.say(line.split()[0])
    assert "为什么推迟" in staff.say("2 4月15日")
    assert "“施工进场”改到 4月15日" in staff.say("等材料到场")
    assert milestones(town)[1].reason == "等材料到场"
    menu = staff.say("一事一策")
    [line] = [one for one in menu.splitlines() if "节点完成" in one]
    assert "哪个节点" in staff.say(f"{line.split()[0]} 已出报告")
    staff.say("1")
    assert "进展：已出报告" in staff.say("一事一策"), "what was said beside it is kept"


def test_reminders_come_before_and_on_the_day_and_upwards_once_it_has_passed(
    town: Town, staff: Talker
) -> None:
    number = under_way(town, staff)
    staff.say(f"一事一策 {number} 节点 3月20日 完成勘察")
    street = town.person("demo-subdistrict_staff-1")
    for day in range(4, 31):
        for _ in range(2):
            clock(town, 3, day)
    heard = [one for one in staff.received() if "完成勘察" in one]
    assert ["还有 7 天" in one for one in heard].count(True) == 1
    assert ["还有 1 天" in one for one in heard].count(True) == 1
    assert ["今天：完成勘察" in one for one in heard].count(True) == 1
    assert ["还没有消息" in one for one in heard].count(True) == 1
    [above] = street.received()
    assert "有什么难处要街道帮忙" in above and "社区工作者" not in above, "no person is named"


def test_a_milestone_that_was_reached_is_not_spoken_of_again(town: Town, staff: Talker) -> None:
    number = under_way(town, staff)
    staff.say(f"一事一策 {number} 节点 3月20日 完成勘察")
    staff.say(f"一事一策 {number} 完成")
    before = len(staff.received())
    clock(town, 3, 30)
    assert len(staff.received()) == before


def test_after_a_long_silence_of_the_clock_one_word_is_enough(town: Town, staff: Talker) -> None:
    number = under_way(town, staff)
    staff.say(f"一事一策 {number} 节点 3月20日 完成勘察")
    before = len(staff.received())
    clock(town, 3, 30)
    assert len(staff.received()) == before + 1


def test_who_reads_the_progress_is_told_when_it_is_taken_back(
    town: Town, staff: Talker, resident: Talker
) -> None:
    number = under_way(town, staff)
    staff.say(f"一事一策 {number} 节点 3月20日 完成勘察")
    staff.say(f"一事一策 {number} 完成")
    before = len(resident.received())
    assert "接着办" in staff.say("撤销")
    assert milestones(town)[0].state == MilestoneState.WAITING
    assert len(resident.received()) == before - 1, "it had not left yet"


def test_a_problem_opened_by_mistake_frees_its_ticket(town: Town, staff: Talker) -> None:
    number = reported(town)
    staff.say(f"一事一策 {number} {TITLE}")
    assert "没有立项" in staff.say("撤销")
    assert "已立项" in staff.say(f"一事一策 {number} 渗漏治理")


def test_another_ticket_of_the_matter_joins_and_its_reporter_hears(
    town: Town, staff: Talker
) -> None:
    number = under_way(town, staff)
    with town.database.writing() as session:
        other = factories.ticket(
            session,
            factories.building(session),
            reporter=factories.demo_person(session, "resident", 2),
        ).id
    assert f"#{other} 已并入" in staff.say(f"一事一策 {number} 并入 {other}")
    staff.say(f"一事一策 {number} 节点 3月20日 完成勘察")
    staff.say(f"一事一策 {number} 完成")
    assert "完成勘察，已完成" in town.person("demo-resident-2").received()[-1]
    assert "已经" in staff.say(f"一事一策 {number} 并入 {other}")


@pytest.mark.parametrize("who", ["grid_worker", "property_staff", "building_head", "resident"])
def test_only_staff_of_the_place_make_one(town: Town, who: str) -> None:
    number = reported(town)
    said = town.person(f"demo-{who}-1").say(f"一事一策 {number} {TITLE}")
    assert "已立项" not in said
    assert town.look(lambda session: session.scalars(select(LegacyProblem)).first()) is None


def test_whom_the_matter_is_about_neither_opens_nor_works_on_it_nor_reads_it(
    town: Town, staff: Talker
) -> None:
    number = reported(town, about=About.PROPERTY)
    street = town.person("demo-subdistrict_staff-1")
    street.say(f"一事一策 {number} 物业收费专项处理")
    assert "没有找到能新请的人" in street.say(f"一事一策 {number} 专班 物业")
    assert town.look(lambda session: session.scalars(select(ForceMember)).all()) == []
    company = town.person("demo-property_staff-1")
    assert "没有找到" in company.say(f"一事一策 {number}")
    community = reported(town, about=About.COMMUNITY)
    assert "没有找到" in staff.say(f"一事一策 {community} {TITLE}")


def test_a_day_that_has_passed_is_no_milestone(town: Town, staff: Talker) -> None:
    number = under_way(town, staff)
    said = staff.say(f"一事一策 {number} 节点 3月1日 完成勘察")
    assert "节点记下了" not in said and milestones(town) == []
