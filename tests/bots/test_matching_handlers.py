"""每日对接 as both sides meet it: one message a day where there is something, one digit back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobs.matchings import daily_matching
from models import erasure
from models.base import Database
from models.events import Event
from models.matchings import sending
from models.matchings.table import Matched, Matching
from models.outbox import OutboxMessage
from models.people import Person
from models.posts import Role
from models.sealing import open_for
from tests import factories
from tests.chat import Talker, Town

NOW = factories.MORNING
EVENING = NOW + timedelta(hours=8)  # 17:00


@pytest.fixture
def town(store: Database) -> Iterator[Town]:
    """On both stores."""
    factories.town(store)
    yield Town(store, NOW)


@pytest.fixture
def patrol(town: Town) -> Talker:
    return town.person("demo-patrol-1")


@pytest.fixture
def leader(town: Town) -> Talker:
    return town.person("demo-grid_leader-1")


def a_day(town: Town, patrol: Talker) -> None:
    """Three findings: one solved, one that somebody takes, one that nobody has taken."""
    patrol.say("发现3号楼楼道堆物，已当场清理")
    patrol.say("2号楼楼顶护栏松动，处理不了")
    patrol.say("1号楼消防栓没水，处理不了")
    town.person("demo-property_staff-1").say("接单 1")
    town.later(hours=8)


def answers(town: Town) -> list[tuple[str, str | None]]:
    def find(session: Session) -> list[tuple[str, str | None]]:
        rows = session.scalars(select(Matched).order_by(Matched.id))
        return [(one.side.value, one.answer and one.answer.value) for one in rows]

    found: list[tuple[str, str | None]] = town.look(find)
    return found


def test_both_sides_read_the_same_comparison_and_answer_with_a_digit(
    town: Town, patrol: Talker, leader: Talker
) -> None:
    a_day(town, patrol)
    assert daily_matching(town.database, EVENING) == "sent=3"
    told = leader.received()[-1]
    assert told == patrol.received()[-1]
    assert told.splitlines() == [
        "【每日对接】幸福第一网格 3月3日（周二）",
        "哨兵报了 3 处隐患，当场解决 1 处。",
        "上报的有人接了：1 处",
        "还没人接：1 处",
        "· 隐患3 幸福里小区1号楼｜消防隐患·消防设施（#2）",
        "这片没办完的共 2 处，回“隐患”看。",
        "1 都对上了",
        "2 有出入",
        "不回也行。",
    ]
    assert leader.say("1") == "好，记下了。"
    assert "哪里对不上" in patrol.say("2")
    assert patrol.say("护栏那处还没人来看") == "已转告另一方和社区。"
    assert "平安哨兵说“护栏那处还没人来看”" in leader.received()[-1]
    assert "护栏那处还没人来看" in town.person("demo-community_staff-1").received()[-1]
    assert sorted(answers(town), key=str) == [
        ("grid", "agrees"),
        ("grid", None),
        ("patrol", "differs"),
    ]


def test_it_comes_once_over_any_number_of_clocks(town: Town, patrol: Talker) -> None:
    a_day(town, patrol)
    daily_matching(town.database, EVENING)
    assert daily_matching(town.database, EVENING) is None
    assert sum("每日对接" in one for one in patrol.received()) == 1
    assert town.look(lambda session: session.scalar(select(func.count(Matching.id)))) == 1


def test_clocks_that_fire_at_once_write_to_each_person_once(town: Town, patrol: Talker) -> None:
    a_day(town, patrol)
    with ThreadPoolExecutor(4) as clocks:
        said = list(clocks.map(lambda _: daily_matching(town.database, EVENING), range(4)))
    assert sorted(said, key=str) == [None, None, None, "sent=3"]
    told = town.look(
        lambda session: session.scalars(
            select(OutboxMessage.person_id).where(OutboxMessage.template == "matching")
        ).all()
    )
    assert len(told) == len(set(told)) == 3


def test_where_there_is_nothing_to_compare_nobody_is_written_to(
    town: Town, patrol: Talker, leader: Talker
) -> None:
    town.person("demo-resident-1").say("3号楼楼道有人拉飞线给电瓶车充电")
    town.later(hours=8)
    assert daily_matching(town.database, EVENING) is None
    town.later(minutes=5)
    patrol.say("2号楼楼顶护栏松动，处理不了")
    town.later(hours=1)
    town.person("demo-property_staff-1").say("接单 2")
    assert daily_matching(town.database, EVENING + timedelta(days=1)) == "sent=3"
    assert "还没人接" not in leader.received()[-1]
    assert daily_matching(town.database, EVENING + timedelta(days=2)) is None, "told before"


def test_what_nobody_takes_is_told_again_the_next_day(town: Town, patrol: Talker) -> None:
    a_day(town, patrol)
    daily_matching(town.database, EVENING)
    town.later(days=1)
    assert daily_matching(town.database, EVENING + timedelta(days=1)) == "sent=3"
    told = patrol.received()[-1]
    assert "哨兵报了" not in told and "还没人接：1 处" in told
    assert patrol.say("1") == "好，记下了。"
    assert [one for one in answers(town) if one[1]] == [("patrol", "agrees")]


def test_who_is_accused_does_not_read_of_it_even_as_a_number(
    town: Town, patrol: Talker, leader: Talker
) -> None:
    patrol.say("发现3号楼消防通道被锁，举报网格员不管")
    town.later(hours=8)
    assert daily_matching(town.database, EVENING) == "sent=1"
    assert "还没人接：1 处" in patrol.received()[-1]
    assert leader.received() == []


def test_words_that_accuse_somebody_go_past_them(
    town: Town, patrol: Talker, leader: Talker
) -> None:
    a_day(town, patrol)
    daily_matching(town.database, EVENING)
    patrol.say("2")
    assert "已受理" in patrol.say("投诉网格员不管，叫了三次不来")
    assert not any("叫了三次" in one for one in leader.received())


def test_a_patrol_of_one_building_matches_with_its_grid_and_a_grid_without_one_is_left_alone(
    town: Town,
) -> None:
    with town.database.writing() as session:
        where = factories.building(session, 5)
        factories.post(session, Role.PATROL, where)
        second = factories.area_named(session, "幸福第二网格").id
        third = factories.area_named(session, "幸福第三网格").id
        assert set(sending.sides_of(session, second, NOW).values()) == {"patrol", "grid"}
        assert sending.sides_of(session, third, NOW) == {}


def test_who_is_erased_leaves_no_word_behind(town: Town, patrol: Talker) -> None:
    a_day(town, patrol)
    daily_matching(town.database, EVENING)
    patrol.say("2 护栏没人看")
    person_id = patrol.person_id
    with town.database.writing() as session:
        [event] = session.scalars(select(Event).where(Event.verb == "matching_differs"))
        person = session.get_one(Person, person_id)
        assert open_for(person.own_key, event.words) == "护栏没人看"
        erasure.erase(session, person_id, town.now)
        left = session.scalars(
            select(OutboxMessage.context).where(OutboxMessage.event_id == event.id)
        ).all()
        assert left and all(one == {} for one in left)
        assert open_for(person.own_key, event.words) is None
