"""吹哨报到 as it is played in chat: staff call, departments come, the caller ends it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.categories import Urgency
from jobs.whistles import whistle_clock
from models.base import Database
from models.media import Media
from models.sealing import KEYRING
from models.tickets.table import About, Note, Ticket
from models.whistles.flow import CallState, WhistleState
from models.whistles.table import Whistle, WhistleCall
from tests import factories
from tests.chat import Talker, Town

NOW = factories.MORNING
ORDER = [
    *("police", "fire", "city_management", "housing"),
    *("market_regulation", "water", "power", "gas"),
]


@pytest.fixture(autouse=True)
def keys() -> None:
    KEYRING.use({"1": b"k" * 32})


@pytest.fixture
def town(store: Database) -> Iterator[Town]:
    """On both stores."""
    factories.town(store)
    yield Town(store, NOW)


@pytest.fixture
def staff(town: Town) -> Talker:
    return town.person("demo-community_staff-1")


def department(town: Town, name: str) -> Talker:
    return town.person(f"demo-department_liaison-{ORDER.index(name) + 1}")


def reported(town: Town, **more: object) -> int:
    with town.database.writing() as session:
        return factories.ticket(
            session, factories.building(session), town.now, text="楼道里又拉了飞线", **more
        ).id


def states(town: Town) -> dict[str, str]:
    def find(session: Session) -> dict[str, str]:
        rows = session.scalars(select(WhistleCall).order_by(WhistleCall.id))
        return {one.department: one.state.value for one in rows}

    found: dict[str, str] = town.look(find)
    return found


def test_five_departments_one_late_one_returning_one_absent_end_right(
    town: Town, staff: Talker
) -> None:
    number = reported(town)
    with town.database.writing() as session:
        factories.post_of(session, "department_liaison", ORDER.index("power") + 1).until = NOW
    said = staff.say(f"吹哨 {number} 消防 城管 供电 住建 公安 楼道飞线拆了又拉")
    assert "消防、城管、供电、住建、公安" in said and "供电现在没人在岗" in said
    assert "14:30 前报到" in said and "捎话：楼道飞线拆了又拉" in said
    fire, order, housing, police = (
        department(town, one) for one in ("fire", "city_management", "housing", "police")
    )
    assert "消防来办" in fire.received()[-1] and "捎话：楼道飞线拆了又拉" in fire.received()[-1]
    resident = town.person("demo-resident-1")
    assert resident.received()[-1] == f"#{number} 已请消防、城管、供电、住建、公安一起来办。"

    assert "已报到" in fire.say("1")
    assert "已转告" in fire.say("已拆除飞线3处")
    assert fire.photo() == f"照片已放进 #{number}。", "nothing more is asked of who is done"
    assert "原因" in housing.say("2")
    assert "已退回" in housing.say("这是公共区域，不是我们管的")
    assert "不是我们管的" in staff.received()[-1]
    assert "吹哨 " + str(number) + " 市场监管" in staff.received()[-1], "who is not called yet"
    assert "已报到" in police.say("报到")
    assert "已转告" in police.say(f"办结 {number} 已对当事人批评教育")
    with town.database.writing() as session:
        street = factories.area_named(session, "和顺街道")
        newcomer = factories.person(session, "供电新联络员")
        session.add(
            factories.Identity(
                account="main", openid="new-power", person_id=newcomer.id, created_at=NOW
            )
        )
        factories.post(
            session, factories.Role.DEPARTMENT_LIAISON, street, newcomer.id, department="power"
        )
    for _ in range(2):
        town.later(minutes=5)
        whistle_clock(town.database, town.now)
    power = town.person("new-power")
    assert len(power.received()) == 1 and "供电来办" in power.received()[0]
    assert "已报到" in power.say("1")
    assert "请说一句" in power.say("1")
    assert "已转告" in power.say("线路已整理")

    while town.now < NOW + timedelta(hours=6):
        town.later(minutes=30)
        whistle_clock(town.database, town.now)
    assert sum("城管没按时报到" in one for one in staff.received()) == 1
    shown = staff.say(f"哨 {number}")
    assert "城管：没报到，已超时" in shown and "住建：退回：这是公共区域" in shown
    assert "消防：已拆除飞线3处" in shown and "1 都回了" not in shown
    assert "晚到" not in shown
    assert "已转告" in order.say(f"办结 {number} 已清走杂物")
    assert "（晚到）" in staff.say(f"哨 {number}")
    assert "都回了" in staff.received()[-1]
    assert "已确认结束" in staff.say("1")
    assert states(town) == {
        "fire": "answered",
        "city_management": "answered",
        "power": "answered",
        "housing": "returned",
        "police": "answered",
    }
    told = resident.received()[-1]
    assert told.startswith(f"#{number} 部门有回音：消防 已拆除飞线3处；城管 已清走杂物")
    assert "不是我们管" not in told, "who sent it back is a matter between offices"
    kept = select(func.count()).select_from(Note).where(Note.ticket_id == number)
    assert town.look(lambda session: session.scalar(kept)) == 6, "five answers and the words along"
    assert town.look(lambda session: session.get_one(Ticket, number).is_open)
    assert town.look(lambda session: session.scalar(select(func.count()).select_from(Media))) == 1


def test_which_departments_is_asked_and_answered_with_digits(town: Town, staff: Talker) -> None:
    number = reported(town)
    asked = staff.say(f"吹哨 {number}")
    assert "2 消防" in asked and "3 城管" in asked
    assert "1 到 8" in staff.say("2 9")
    assert "消防、住建" in staff.say("2、4")
    assert "已经叫过消防" in staff.say(f"吹哨 {number} 消防")
    again = staff.say(f"吹哨 {number}")
    assert "消防" not in again and "2 城管" in again
    assert "城管、燃气" in staff.say("城管和燃气公司")


@pytest.mark.parametrize(
    ("words", "kind", "due"),
    [
        ("紧急 消防", "紧急", "09:30"),
        ("联合 消防 城管 明早9点3号楼门口", "联合行动", "09:00"),
        ("消防", "普通", "14:30"),
    ],
)
def test_how_urgent_it_is_says_by_when(
    town: Town, staff: Talker, words: str, kind: str, due: str
) -> None:
    said = staff.say(f"吹哨 {reported(town)} {words}")
    assert f"（{kind}）" in said and f"{due} 前报到" in said


def test_a_joint_action_has_one_time_and_one_place_for_all(town: Town, staff: Talker) -> None:
    number = reported(town)
    assert "集合的时间和地点" in staff.say(f"吹哨 {number} 联合 消防 城管")
    kept = staff.say("明天上午9点，3号楼门口")
    assert "集合：明天上午9点，3号楼门口" in kept
    town.later(minutes=90)
    staff.say(f"吹哨 {number} 住建")
    read = [department(town, one).received()[-1] for one in ("fire", "city_management", "housing")]
    assert all("集合：明天上午9点，3号楼门口" in one for one in read)
    assert len({one.splitlines()[-3] for one in read}) == 1, "by the same moment"


def test_a_joint_action_may_do_without_gathering(town: Town, staff: Talker) -> None:
    staff.say(f"吹哨 {reported(town)} 联合 消防")
    assert "1 到 1" in staff.say("3") or "回复 1" in staff.say("3")
    assert "集合：" not in staff.say("1")
    assert states(town) == {"fire": "called"}


def test_words_along_with_a_call_go_with_it_when_it_is_taken_back(
    town: Town, staff: Talker
) -> None:
    number = reported(town)
    staff.say(f"吹哨 {number} 消防 带上梯子")
    kept = select(func.count()).select_from(Note).where(Note.ticket_id == number)
    assert town.look(lambda session: session.scalar(kept)) == 1
    staff.say("撤销")
    assert town.look(lambda session: session.scalar(kept)) == 0
    assert "带上梯子" not in staff.say(f"任务 {number}")


def test_an_urgent_ticket_is_whistled_urgently(town: Town, staff: Talker) -> None:
    number = reported(town, urgency=Urgency.URGENT)
    assert "（紧急）" in staff.say(f"吹哨 {number} 消防")


def test_a_call_and_a_check_in_are_taken_back(town: Town, staff: Talker) -> None:
    number = reported(town)
    staff.say(f"吹哨 {number} 消防")
    fire, resident = department(town, "fire"), town.person("demo-resident-1")
    assert "已报到" in fire.say("收到")
    assert "还没报到" in fire.say("撤销")
    assert states(town) == {"fire": "called"}
    assert "没有吹哨" in staff.say("撤销")
    assert states(town) == {"fire": "cancelled"}
    assert not any("吹哨" in one for one in fire.received()), "it had not left yet"
    assert not any("已请消防" in one for one in resident.received())
    assert "没有吹过哨" in staff.say(f"哨 {number}")
    staff.say(f"吹哨 {number} 消防")
    fire.say("1")
    assert "没有吹哨" not in staff.say("撤销"), "the department has come"
    assert states(town)["fire"] == "checked_in"


def test_a_digit_that_fits_a_task_and_a_call_is_asked_back(town: Town, staff: Talker) -> None:
    first, second = reported(town), reported(town, category="sanitation")
    staff.say(f"吹哨 {first} 消防")
    staff.say(f"吹哨 {second} 消防")
    fire = department(town, "fire")
    which = fire.say("1")
    assert f"吹哨 #{first}" in which and f"吹哨 #{second}" in which
    assert f"已报到 #{first}" in fire.say(
        "2" if which.index(f"#{first}") > which.index(f"#{second}") else "1"
    )


def test_what_is_only_under_way_is_no_result(town: Town, staff: Talker) -> None:
    number = reported(town)
    staff.say(f"吹哨 {number} 消防")
    fire = department(town, "fire")
    fire.say("报到")
    assert "还在办" in fire.say("正在路上，马上到")
    assert states(town) == {"fire": "checked_in"}
    assert "已转告" in fire.say("1 飞线已全部拆除")
    assert states(town) == {"fire": "answered"}


def test_the_caller_ends_early_with_a_reason_and_the_others_need_not_come(
    town: Town, staff: Talker
) -> None:
    number = reported(town)
    staff.say(f"吹哨 {number} 消防 城管")
    assert "2 提前结束" in staff.say(f"哨 {number}")
    assert "原因" in staff.say("2")
    assert "提前结束" in staff.say("住户自己拆了")
    assert set(states(town).values()) == {CallState.RELEASED.value}
    assert "不用再来" in department(town, "fire").received()[-1]
    assert town.look(lambda session: session.scalars(select(Whistle.state)).one()) == (
        WhistleState.ENDED
    )


def test_who_is_nothing_to_the_matter_neither_calls_nor_reads(town: Town, staff: Talker) -> None:
    number = reported(town, about=About.COMMUNITY)
    assert "不归您办" in staff.say(f"吹哨 {number} 消防")
    street = town.person("demo-subdistrict_staff-1")
    assert "已吹哨" in street.say(f"吹哨 {number} 消防")
    assert "不归您办" in staff.say(f"哨 {number}")
    assert "不归您办" in department(town, "water").say(f"哨 {number}")
    assert "消防：还没报到" in department(town, "fire").say(f"哨 {number}")
    assert "不归您办" in department(town, "water").say(f"报到 {number}")
    assert states(town) == {"fire": "called"}


def test_a_building_head_is_neither_called_nor_calls(town: Town) -> None:
    number = reported(town)
    head = town.person("demo-building_head-1")
    assert "不归您办" in head.say(f"吹哨 {number} 消防")
    assert states(town) == {}


def test_the_clock_lets_a_whistle_go_whose_ticket_has_ended(town: Town, staff: Talker) -> None:
    number = reported(town)
    staff.say(f"吹哨 {number} 消防")
    town.person("demo-resident-1").say(f"撤回 {number}")
    whistle_clock(town.database, town.later(minutes=5))
    assert states(town) == {"fire": "called"}, "it may still be undone"
    whistle_clock(town.database, town.later(minutes=6))
    assert states(town) == {"fire": "released"}
    assert "不用再来" in department(town, "fire").received()[-1]


def test_residents_hear_that_announced_departments_will_not_come(town: Town, staff: Talker) -> None:
    number, resident = reported(town), town.person("demo-resident-1")
    staff.say(f"吹哨 {number} 消防 城管")
    staff.say(f"哨 {number}")
    staff.say("2 住户自己拆了")
    assert resident.received()[-1].startswith(f"#{number} 请的部门这次不来了，还由")
    staff.say(f"吹哨 {number} 消防")
    town.person("demo-grid_worker-1").say(f"办结 {number} 已劝导，飞线已拆除")
    before = len(resident.received())
    whistle_clock(town.database, town.later(minutes=11))
    whistle_clock(town.database, town.later(minutes=1))
    [told] = resident.received()[before:]
    assert told == f"#{number} 已办结，请来的部门不再过来了。没解决的话，评价时请回复 0。"


def test_who_withdrew_it_and_whom_no_department_was_left_to_come_to_hear_nothing(
    town: Town, staff: Talker
) -> None:
    first, second = reported(town), reported(town, category="sanitation")
    resident = town.person("demo-resident-1")
    staff.say(f"吹哨 {first} 消防")
    resident.say(f"撤回 {first}")
    staff.say(f"吹哨 {second} 消防")
    department(town, "fire").say(f"办结 {second} 已清理")
    town.person("demo-property_staff-1").say(f"办结 {second} 已清理")
    whistle_clock(town.database, town.later(minutes=11))
    assert not any("不再过来" in one for one in resident.received())


def test_several_clocks_remind_once(town: Town, staff: Talker) -> None:
    staff.say(f"吹哨 {reported(town)} 紧急 消防")
    fire = department(town, "fire")
    for _ in range(8):
        town.later(minutes=5)
        for _ in range(3):
            whistle_clock(town.database, town.now)
    reminders = [one for one in fire.received() if one.startswith("【请报到")]
    late = [one for one in fire.received() if "还没报到，应在" in one]
    assert (len(reminders), len(late)) == (1, 1)


def test_the_mornings_digest_names_departments_and_no_person(town: Town, staff: Talker) -> None:
    number = reported(town)
    staff.say(f"吹哨 {number} 消防 城管")
    town.later(hours=6)
    department(town, "fire").say(f"报到 {number}")
    town.now = NOW.replace(day=4, hour=0)
    digest = staff.say("日报")
    [line] = [one for one in digest.splitlines() if "部门报到晚了：2 次" in one]
    shown = staff.say(line.split()[0])
    assert "【部门报到晚了】共 2 次" in shown
    assert f"消防 #{number}｜应 3月3日（周二）14:30 报到" in shown
    assert "3月3日（周二）15:00 才来" in shown and "还没来" in shown
    assert f"看一件：如回复“哨 {number}”" in shown and "联络员" not in shown
