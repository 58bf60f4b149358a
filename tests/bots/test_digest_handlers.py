"""A digest in chat: digits show the lists, and what fits a task as well is asked back."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from models import outbox
from models.base import Database
from models.digests import sending
from models.digests.composing import compose
from models.digests.sending import Occasion
from models.digests.table import Digest, DigestKind
from models.outbox import Delivery, OutboxMessage
from models.posts import Role
from models.sealing import KEYRING
from models.tickets.table import About
from tests import affairs, factories
from tests.chat import Talker, Town

YESTERDAY = factories.MORNING
MORNING = datetime(2026, 3, 4, 0, 0, tzinfo=UTC)
EVENING = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def keys() -> None:
    KEYRING.use({"1": b"k" * 32})


@pytest.fixture
def town(database: Database) -> Iterator[Town]:
    factories.town(database, YESTERDAY - timedelta(days=30))
    yield Town(database, MORNING)


@pytest.fixture
def staff(town: Town) -> Talker:
    return town.person("demo-community_staff-1")


def report(town: Town, count: int = 1, **more: object) -> None:
    with town.database.writing() as session:
        for _ in range(count):
            factories.ticket(session, factories.building(session), YESTERDAY, **more)


def send(town: Town, kind: DigestKind, at: datetime) -> None:
    with town.database.writing() as session:
        community_id = factories.area_named(session, "幸福社区").id
        readers = sending.readers(session, community_id, at)
        for reader, told in compose(session, community_id, kind, at, readers).items():
            sending.send(session, Occasion("test", at, community_id, kind), reader, told)


def test_a_digit_shows_the_list_and_the_next_digit_another(town: Town, staff: Talker) -> None:
    report(town, 3)
    send(town, DigestKind.MORNING, MORNING)
    told = staff.received()[-1]
    assert told.startswith("【幸福社区早报】3月4日（周三）")
    number, count = number_of(told, "昨天新报")
    assert count == 3
    listed = staff.say(str(number))
    assert "【昨天新报】共 3 件" in listed
    assert len(re.findall(r"^#\d+", listed, re.MULTILINE)) == 3
    vacant, buildings = number_of(told, "没有楼长的楼")
    assert buildings == 7
    assert staff.say(str(vacant)).count("·") == 7


def number_of(told: str, name: str) -> tuple[int, int]:
    found = re.search(rf"^(\d+) {name}：(\d+)", told, re.MULTILINE)
    assert found is not None, told
    return int(found[1]), int(found[2])


def test_a_long_list_is_turned_by_zero_and_shows_each_once(town: Town, staff: Talker) -> None:
    report(town, 20)
    send(town, DigestKind.MORNING, MORNING)
    number, count = number_of(staff.received()[-1], "等人接单")
    shown = [staff.say(str(number))]
    while "回复 0" in shown[-1]:
        shown.append(staff.say("0"))
    assert [page.count("#") for page in shown] == [9, 9, 2]
    assert len(set(re.findall(r"#\d+", "".join(shown)))) == count == 20
    assert all(len(page) <= 600 for page in shown), [len(page) for page in shown]


def test_the_longest_rows_still_fit_one_message(town: Town, staff: Talker) -> None:
    report(
        town,
        9,
        category="neighbor_dispute",
        text="楼上半夜拖动桌椅并且漏水" * 20,
        place_name="幸福里小区第二期东区13号楼1单元",
    )
    late = MORNING + timedelta(days=30)
    send(town, DigestKind.MORNING, late)
    town.now = late
    number, count = number_of(staff.received()[-1], "已超期")
    listed = staff.say(str(number))
    assert listed.count("#") == count == 9
    assert len(listed) <= 600


def test_a_digit_that_fits_a_task_too_is_asked_back(town: Town, staff: Talker) -> None:
    report(town, category="property_fee")  # a matter the community itself is asked to take
    send(town, DigestKind.MORNING, MORNING)
    asker = next(
        one
        for one in (staff, town.person("demo-community_staff-2"))
        if any("新任务" in text for text in one.received())
    )
    back = asker.say("1")
    assert "哪一件" in back
    assert "日报清单" in back
    assert "任务 #1" in back
    chosen = re.search(r"^(\d) 日报清单", back, re.MULTILINE)
    assert chosen is not None
    assert "共" in asker.say(chosen[1])


def test_nothing_is_said_when_there_is_nothing_to_say(town: Town, staff: Talker) -> None:
    send(town, DigestKind.EVENING, EVENING)
    assert staff.received() == []
    assert town.look(lambda session: session.scalar(select(func.count(Digest.id)))) == 0
    town.now = EVENING
    assert "没有要处理的事" in staff.say("日报")


def test_staff_ask_for_the_digest_of_now_and_page_through_it(town: Town, staff: Talker) -> None:
    report(town, 2)
    town.now = EVENING
    told = staff.say("日报")
    assert told.startswith("【幸福社区晚报】")
    number, count = number_of(told, "等人接单")
    assert f"共 {count} 件" in staff.say(str(number))
    assert staff.say("日报") == told, "asked twice in the same moment"


def test_a_neighbour_with_a_post_is_led_to_their_tasks(town: Town) -> None:
    assert "任务" in town.person("demo-building_head-1").say("日报")


def test_who_serves_two_communities_says_which(town: Town, staff: Talker) -> None:
    report(town)
    with town.database.writing() as session:
        other = factories.area_named(session, "和平社区")
        since = YESTERDAY - timedelta(days=1)
        factories.post(session, Role.COMMUNITY_STAFF, other, who=staff_id(town), since=since)
    assert "2 和平社区" in staff.say("日报")
    assert "【和平社区早报】" in staff.say("2")


def staff_id(town: Town) -> int:
    return town.person("demo-community_staff-1").person_id


def test_a_matter_about_the_community_is_in_nobodys_digest(town: Town, staff: Talker) -> None:
    report(town, 2, about=About.COMMUNITY, text="居委会工作人员态度恶劣")
    send(town, DigestKind.MORNING, MORNING)
    for reader in (staff, town.person("demo-community_staff-2")):
        told = reader.received()[-1]
        assert "昨天新报" not in told
        assert "等人接单" not in told
        number_of(told, "没有楼长的楼")
        assert "居委会" not in reader.say("1")


def test_a_missed_person_is_on_the_call_list_with_what_to_tell_them(
    town: Town, staff: Talker
) -> None:
    report(town)
    with town.database.writing() as session:
        row = {
            "person_id": factories.demo_person(session, "resident"),
            "account": "main",
            "template": "ticket_accepted",
            "context": {},
            "unique_key": "missed",
            "ticket_id": 1,
            "created_at": YESTERDAY,
        }
        outbox.queue(session, [row])
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.unique_key == "missed")
            .values(state=Delivery.HELD)
        )
    send(town, DigestKind.MORNING, MORNING)
    number, count = number_of(staff.received()[-1], "消息没送到，请打个电话")
    assert count == 1
    listed = staff.say(str(number))
    assert "幸福里小区3号楼 居民A" in listed
    assert "我的消息" in listed
    assert "#" not in listed, "whom to call, and not about what"


def test_what_is_no_ticket_is_listed_with_how_to_look_at_one(town: Town, staff: Talker) -> None:
    today = MORNING.date()
    with town.database.writing() as session:
        here = factories.area_named(session, "幸福社区")
        affairs.supervision(session, here, today - timedelta(days=1), YESTERDAY)
        plans = [make(session, here, YESTERDAY) for make in (affairs.project, affairs.legacy)]
        for plan in plans:
            affairs.step(session, plan, today + timedelta(days=2), YESTERDAY)
        affairs.follow_up(session, here, today, YESTERDAY)
        affairs.operation(session, here, MORNING + timedelta(hours=12))
    send(town, DigestKind.MORNING, MORNING)
    told = staff.received()[-1]
    for name, row, hint in (
        ("督办已过期", "督办1 幸福社区\n　网格员，3月3日（周二）前答复", "督办 1"),
        (
            "今天专项整治",
            "整治1 飞线夜查（还没开始）\n　3月4日（周三）20:00 幸福社区",
            "专项整治 1",
        ),
        ("近期项目节点", "3月6日（周五） 管道进场\n　项目1 雨污分流", "项目 1"),
        ("近期遗留问题", "3月6日（周五） 管道进场\n　3号楼外墙渗漏", "一事一策"),
        ("调解要回访", "调解1｜3月4日（周三） 幸福社区", "工作台“调解”"),
    ):
        number, count = number_of(told, name)
        listed = staff.say(str(number))
        assert count == 1 and row in listed and hint in listed.splitlines()[-1], listed
    assert len(told) <= 200, told
    assert "督办1" not in town.person("demo-resident-2").say("督办 1")
    for said in ("督办 1", "项目 1", "一事一策", "专项整治 1"):
        assert "没有找到" not in staff.say(said), said
