"""平安哨兵 in chat: one line is enough, a digit settles it, nothing is typed twice."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobs.hazards import hazard_clock
from models.base import Database
from models.hazards.flow import Finder, HazardState
from models.hazards.table import Hazard, HazardPhoto
from models.media import Media
from models.tickets.table import About, Ticket
from tests import factories
from tests.chat import Talker, Town

NOW = factories.MORNING


@pytest.fixture
def town(database: Database) -> Iterator[Town]:
    factories.town(database)
    yield Town(database, NOW)


@pytest.fixture
def patrol(town: Town) -> Talker:
    return town.person("demo-patrol-1")


@pytest.fixture
def leader(town: Town) -> Talker:
    return town.person("demo-grid_leader-1")


def ledger(town: Town) -> list[tuple[str, str | None, bool]]:
    """State, place and whether there is a ticket, in the order of the ledger."""

    def find(session: Session) -> list[tuple[str, str | None, bool]]:
        rows = session.scalars(select(Hazard).order_by(Hazard.id))
        return [(one.state.value, one.place_name, one.ticket_id is not None) for one in rows]

    found: list[tuple[str, str | None, bool]] = town.look(find)
    return found


def tickets(town: Town) -> int:
    count: int = town.look(lambda session: session.scalar(select(func.count(Ticket.id))))
    return count


def test_solved_on_the_spot_is_one_line_and_no_ticket(town: Town, patrol: Talker) -> None:
    said = patrol.say("发现3号楼楼道堆物，已当场清理")
    assert "隐患1｜消防隐患·通道堵塞" in said and "当场解决" in said
    assert "幸福里小区3号楼楼道" in said and "没有也行" in said
    assert ledger(town) == [("solved_on_the_spot", "幸福里小区3号楼", False)]
    assert tickets(town) == 0


def test_what_can_not_be_done_goes_up_by_the_ordinary_loop(town: Town, patrol: Talker) -> None:
    said = patrol.say("2号楼楼顶护栏松动，处理不了")
    assert "已上报，工单 #1" in said
    worker = town.person("demo-property_staff-1")
    assert "新任务 #1" in worker.received()[-1] and "护栏" in worker.received()[-1]
    worker.say("接单 1")
    worker.say("办结 1 护栏已焊牢")
    assert ledger(town) == [("rectified", "幸福里小区2号楼", True)]
    assert "护栏已焊牢" in patrol.received()[-1]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("1", "solved_on_the_spot"),
        ("2", "passed_up"),
        ("已经推走了", "solved_on_the_spot"),
        ("搬不动", "passed_up"),
    ],
)
def test_one_question_settles_what_was_left_open(
    town: Town, patrol: Talker, answer: str, state: str
) -> None:
    asked = patrol.say("发现4号楼楼道有人停电动车")
    assert "1 当场解决了" in asked and "2 解决不了" in asked and "自动上报" in asked
    patrol.say(answer)
    assert [one[0] for one in ledger(town)] == [state]


def test_without_an_answer_it_goes_up_by_itself_and_nobody_is_blamed(
    town: Town, patrol: Talker
) -> None:
    patrol.say("发现4号楼楼道有人停电动车")
    town.later(minutes=31)
    assert hazard_clock(town.database, town.now) == "passed_up=1"
    assert hazard_clock(town.database, town.now) is None
    [told] = patrol.received()
    assert told == "隐患1（幸福里小区4号楼楼道）已上报，工单 #1，办好了会告诉您。"
    assert "撤回 1" in patrol.say("1"), "it was solved, but its ticket is there by now"


def test_a_finding_told_while_a_question_is_open_is_a_row_of_its_own(
    town: Town, patrol: Talker
) -> None:
    patrol.say("发现4号楼楼道有人停电动车")
    patrol.say("1号楼消防栓没水，处理不了")
    assert [one[0] for one in ledger(town)] == ["found", "passed_up"]


def test_two_matters_in_one_line_are_two_rows_each_with_its_end(town: Town, patrol: Talker) -> None:
    said = patrol.say("发现3号楼楼道堆物，已经清走了；另外2号楼井盖松了，处理不了")
    assert "隐患1" in said and "隐患2" in said
    assert ledger(town) == [
        ("solved_on_the_spot", "幸福里小区3号楼", False),
        ("passed_up", "幸福里小区2号楼", True),
    ]


def test_where_nothing_is_named_it_is_where_the_patrol_serves(town: Town, patrol: Talker) -> None:
    patrol.say("发现有人在楼道烧纸，已劝阻")
    assert ledger(town)[0][1] == "幸福第一网格"


def test_photos_belong_to_what_was_found_before_or_after_the_words(
    town: Town, patrol: Talker
) -> None:
    patrol.photo("first")
    patrol.say("发现3号楼楼道堆物，已当场清理")
    assert patrol.photo("second") == "照片已放进隐患1。"
    kept = town.look(lambda session: session.scalar(select(func.count(HazardPhoto.photo_id))))
    assert kept == 2
    patrol.say("其实没清干净，上报隐患")
    patrol.say("隐患 1 搬不动，上报")
    of_ticket = town.look(
        lambda session: session.scalars(select(Media.ticket_id).order_by(Media.id)).all()
    )
    assert of_ticket[:2] == [ledger_ticket(town, 1)] * 2


def ledger_ticket(town: Town, hazard_id: int) -> int | None:
    found: int | None = town.look(lambda session: session.get_one(Hazard, hazard_id).ticket_id)
    return found


def test_a_mistake_is_taken_back(town: Town, patrol: Talker) -> None:
    patrol.say("2号楼楼顶护栏松动，处理不了")
    assert patrol.say("撤销") == "已撤销，隐患1不算了。"
    assert ledger(town)[0][0] == "taken_back"
    patrol.say("发现4号楼楼道有人停电动车")
    patrol.say("1")
    assert "1 当场解决了" in patrol.say("撤销")
    patrol.say("2")
    assert ledger(town)[1][0] == "passed_up"


def test_nothing_found_is_no_row(town: Town, patrol: Talker) -> None:
    for said in ("今天巡了一圈，没发现问题", "巡查完毕，未发现隐患", "已到岗", "今天值班正常"):
        assert "不用填什么" in patrol.say(said)
    assert ledger(town) == []
    patrol.say("别的没发现问题，3号楼消防通道又被人拿旧家具堵上了，处理不了")
    assert ledger(town) == [("passed_up", "幸福里小区3号楼", True)]


def test_another_thing_is_not_taken_for_an_answer(town: Town, patrol: Talker) -> None:
    patrol.say("2号楼外墙瓷砖要掉，已拉警戒线")
    patrol.say("楼道电动车已劝离3辆")
    assert [one[0] for one in ledger(town)] == ["found", "solved_on_the_spot"]
    patrol.say("东门乱停车，怎么没人管")
    patrol.say("3号楼有人高空抛物")
    assert len(ledger(town)) == 3, "no answer to where those cars stand"


def test_a_place_said_afterwards_belongs_to_what_was_found(town: Town, patrol: Talker) -> None:
    patrol.say("楼道堆物")
    assert "幸福里小区3号楼楼道" in patrol.say("3号楼")
    patrol.say("已清理")
    patrol.say("楼道堆物")
    patrol.say("4号楼的，已清理")
    assert ledger(town) == [
        ("solved_on_the_spot", "幸福里小区3号楼", False),
        ("solved_on_the_spot", "幸福里小区4号楼", False),
    ]


def test_a_late_word_settles_what_was_found_last(town: Town, patrol: Talker) -> None:
    patrol.say("发现4号楼楼道有人停电动车")
    patrol.say("帮助")
    patrol.say("办事")
    patrol.say("已推走")
    assert [one[0] for one in ledger(town)] == ["solved_on_the_spot"]


def test_the_result_of_a_task_is_no_finding(town: Town, leader: Talker) -> None:
    town.person("demo-resident-1").say("3号楼门口井盖松了")
    worker = town.person("demo-property_staff-1")
    worker.say("接单 1")
    assert "已办结" in worker.say("现场发现井盖松动，已经盖好了")
    assert ledger(town) == [("rectified", "幸福里小区3号楼", True)]


def test_what_is_said_in_a_talk_goes_to_whom_one_talks_to(town: Town, patrol: Talker) -> None:
    patrol.say("请问幸福里小区3号楼物业费涨价的事社区有没有说法")
    staff = town.person("demo-community_staff-1")
    staff.say("接管 1")
    patrol.say("发现3号楼楼道堆物，已当场清理")
    assert "楼道堆物" in staff.received()[-1]
    assert ledger(town) == []


def test_a_finding_is_no_answer_to_where_another_matter_is(town: Town, patrol: Talker) -> None:
    assert "哪个小区" in patrol.say("请问物业费涨价的事社区有没有说法")
    assert "当场解决" in patrol.say("发现3号楼楼道堆物，已当场清理")
    assert len(ledger(town)) == 1
    assert "#1" in patrol.say("幸福里小区2号楼"), "what was asked before waited"


def test_an_accusation_keeps_the_words_around_it_together(town: Town, patrol: Talker) -> None:
    patrol.say("发现3号楼消防通道堵了；另外1号楼井盖松了，投诉物业不管")
    rows = town.look(lambda session: session.scalars(select(Hazard.about)).all())
    assert list(rows) == [About.PROPERTY]


def test_other_matters_of_a_patrol_are_reports_like_anybodys(town: Town, patrol: Talker) -> None:
    assert "已受理" in patrol.say("3号楼2单元晚上装修太吵了")
    assert ledger(town) == []


def test_an_alarm_is_met_at_once(town: Town, patrol: Talker) -> None:
    assert "119" in patrol.say("发现3号楼着火了，处理不了")
    assert ledger(town) == [] and tickets(town) == 1


def test_grid_and_property_begin_with_the_word_and_are_counted_as_what_they_are(
    town: Town, leader: Talker
) -> None:
    leader.say("巡查发现1号楼灭火器过期，已换好")
    town.person("demo-property_staff-1").say("发现2号楼配电箱没锁，已锁好")
    town.person("demo-building_head-1").say("隐患 3号楼楼道堆物，已清理")
    kinds = town.look(lambda session: session.scalars(select(Hazard.found_by)).all())
    assert list(kinds) == [Finder.GRID, Finder.PROPERTY, Finder.RESIDENT]
    assert {state for state, _, _ in ledger(town)} == {"solved_on_the_spot"}


def test_a_residents_report_stands_in_the_ledger_by_its_class(town: Town, leader: Talker) -> None:
    town.person("demo-resident-1").say("3号楼楼道有人拉飞线给电瓶车充电")
    assert ledger(town) == [("passed_up", "幸福里小区3号楼", True)]
    listed = leader.say("隐患")
    assert "1 幸福里小区3号楼楼道｜电动车充电·飞线充电" in listed and "#1 已派单" in listed
    shown = leader.say("1")
    assert "居民报：3号楼楼道有人拉飞线" in shown and "#1 已派单" in shown
    assert "居民报\n" in town.person("demo-patrol-1").say("隐患 1"), "no words of the resident's"


def test_a_leader_settles_and_corrects(town: Town, patrol: Talker, leader: Talker) -> None:
    patrol.say("发现4号楼楼道有人停电动车")
    leader.say("隐患")
    assert "1 当场解决了" in leader.say("1")
    assert "当场解决" in leader.say("1")
    assert "原因" in leader.say("不算隐患 1")
    assert "不计入" in leader.say("不算隐患 1 是住户的自行车")
    assert ledger(town)[0][0] == "struck"
    assert "“当场解决”" in leader.say("撤销")
    town.person("demo-resident-1").say("3号楼2单元晚上装修太吵了")
    assert "已列为隐患2" in leader.say("列为隐患 1")
    assert "早就是隐患2" in leader.say("列为隐患 1")
    assert ledger(town)[1][0] == "passed_up"


def test_wrong_numbers_strangers_and_idle_words_get_a_clear_answer(
    town: Town, patrol: Talker
) -> None:
    patrol.say("2号楼楼顶护栏松动，处理不了")
    stranger = town.person("demo-grid_leader-4")
    assert stranger.say("隐患 1") == stranger.say("隐患 99").replace("99", "1")
    assert "没有没办完的隐患" in stranger.say("隐患")
    assert "没有找到" in patrol.say("不算隐患 1 不是")
    assert "直接说" in patrol.say("隐患 你好")
    assert "不能上报" in patrol.say("隐患 1 上报")


def test_what_accuses_the_company_goes_past_it_and_is_not_listed_there(
    town: Town, patrol: Talker
) -> None:
    patrol.say("发现3号楼消防通道被物业锁了，投诉物业不管")
    hazard = town.look(lambda session: session.get_one(Hazard, 1))
    assert (hazard.about, hazard.state) == (About.PROPERTY, HazardState.PASSED_UP)
    company = town.person("demo-property_staff-1")
    assert "没有没办完的隐患" in company.say("隐患")
    assert "没有找到" in company.say("隐患 1")
    assert "没有找到" in company.say("任务 1")
    assert "#1" in town.person("demo-community_staff-1").received()[-1]
