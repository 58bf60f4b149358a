"""巡查 as a patrol walks it: a word to begin, a word to end, codes for those who like them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from jobs.patrols import end_rounds
from models import erasure, union
from models.base import Database
from models.errors import AlreadyDone, NotFound
from models.hazards.flow import Finder
from models.hazards.table import Hazard
from models.metrics.periods import Span, holding
from models.patrols import points, rounds
from models.patrols.table import CheckPoint, Round, RoundPoint
from models.people import Identity
from tests import factories
from tests.chat import Talker, Town

NOW = factories.MORNING


@pytest.fixture
def town(store: Database) -> Iterator[Town]:
    """On both stores."""
    factories.town(store)
    yield Town(store, NOW)


@pytest.fixture
def patrol(town: Town) -> Talker:
    return town.person("demo-patrol-1")


def point(town: Town, name: str, building: int = 3) -> str:
    with town.database.writing() as session:
        return points.add(session, factories.building(session, building), name, at=NOW).scene


def last_hazard(town: Town) -> Hazard:
    found: Hazard = town.look(
        lambda session: session.scalars(select(Hazard).order_by(Hazard.id.desc())).first()
    )
    return found


def test_a_round_by_words_alone(town: Town, patrol: Talker) -> None:
    said = patrol.say("开始巡查")
    assert said.startswith("巡查开始。") and "巡查码" not in said
    assert "已经开始" in patrol.say("开始巡查")
    patrol.say("发现3号楼楼道堆物，已当场清理")
    ended = patrol.say("结束巡查")
    assert "已结束，辛苦了" in ended and "发现 1 处" in ended and "只有您看得到" in ended
    assert "· 隐患1 幸福里小区3号楼楼道｜当场解决" in ended and "到过" not in ended
    assert "没有巡查" in patrol.say("结束巡查")
    assert "发现 1 处" in patrol.say("巡查")
    assert patrol.received() == [], "nothing is asked of anybody"


def test_a_scanned_point_is_noted_and_what_is_said_there_is_about_it(
    town: Town, patrol: Talker
) -> None:
    scene = point(town, "3号楼消防通道")
    assert "这里是 幸福里小区3号楼" in patrol.scan(scene), "no round, so a door like any other"
    assert "不扫也行" in patrol.say("开始巡查")
    assert patrol.scan(scene) == "已到 3号楼消防通道。有隐患直接说，没有就往前走。"
    patrol.say("有人堆了纸箱，已清走")
    hazard = last_hazard(town)
    assert (hazard.place_name, hazard.spot) == ("幸福里小区3号楼", "消防通道")
    assert hazard.check_point_id is not None and hazard.round_id is not None
    patrol.say("发现2号楼消防通道被占，处理不了")
    hazard = last_hazard(town)
    assert (hazard.place_name, hazard.check_point_id) == ("幸福里小区2号楼", None)
    town.later(minutes=21)
    patrol.say("发现消防栓没水，处理不了")
    assert last_hazard(town).check_point_id is None, "by now they are elsewhere"
    ended = patrol.say("结束巡查")
    assert "到过：3号楼消防通道" in ended and "发现 3 处" in ended


def test_a_code_is_a_door_for_whoever_walks_no_round(town: Town) -> None:
    scene = point(town, "3号楼消防通道")
    resident = town.person("demo-resident-4")
    assert "这里是 幸福里小区3号楼" in resident.scan(scene)
    assert "已受理" in resident.say("消防通道堆满了东西")
    assert last_hazard(town).place_name == "幸福里小区3号楼"
    with town.database.writing() as session:
        points.retire(session, scene, at=NOW)
    assert "认不出" in resident.scan(scene)
    assert "欢迎" in town.person("newcomer").event("subscribe", scene=point(town, "北门"))


def test_a_volunteer_on_a_round_is_a_patrol_as_long_as_it_lasts(town: Town) -> None:
    volunteer = town.person("demo-volunteer-1")
    volunteer.say("开始巡逻")
    volunteer.say("3号楼楼道堆物，已清走")
    assert last_hazard(town).found_by == Finder.PATROL
    volunteer.say("结束巡逻")
    assert "已受理" in volunteer.say("3号楼楼道堆物，搬不动")
    assert last_hazard(town).found_by == Finder.RESIDENT
    with town.database.writing() as session:
        who = factories.person(session, "没有岗位的人")
        session.add(Identity(account="main", openid="former", person_id=who.id, created_at=NOW))
        former = factories.post(
            session, factories.Role.VOLUNTEER, factories.area_named(session, "幸福社区"), who.id
        )
        former.until = NOW
    assert "没有岗位" in town.person("former").say("开始巡查")


def test_nobody_else_sees_it_and_the_figure_is_of_a_team(town: Town, patrol: Talker) -> None:
    month = holding(NOW.date(), Span.MONTH)

    def walked() -> int | None:
        found: int | None = town.look(
            lambda session: rounds.walked(
                session, factories.area_named(session, "幸福社区").id, month
            )
        )
        return found

    assert walked() == 0
    patrol.say("开始巡查")
    patrol.say("结束巡查")
    assert walked() is None, "one person's rounds are their own"
    assert "没有巡查" in town.person("demo-grid_leader-1").say("巡查")
    town.person("demo-volunteer-1").say("开始巡查")
    assert walked() == 2


def test_a_round_nobody_ended_is_over_and_no_one_hears_of_it(town: Town, patrol: Talker) -> None:
    patrol.say("开始巡查")
    patrol.scan(point(town, "东门"))
    town.later(hours=13)
    assert "没有巡查" in patrol.say("结束巡查")
    assert end_rounds(town.database, town.now) == "ended=1"
    assert end_rounds(town.database, town.now) is None
    assert patrol.say("开始巡查").startswith("巡查开始。")
    town.later(days=31)
    end_rounds(town.database, town.now)
    assert town.look(lambda session: session.scalar(select(func.count(RoundPoint.at)))) == 0
    assert patrol.received() == []


def test_points_are_added_once_and_retired_once(town: Town) -> None:
    scene = point(town, "东门")
    with pytest.raises(AlreadyDone):
        point(town, "东门")
    with town.database.writing() as session:
        points.retire(session, scene, at=NOW)
        with pytest.raises(NotFound):
            points.retire(session, scene, at=NOW)
    assert point(town, "东门") != scene
    with town.database.reading() as session:
        community = factories.area_named(session, "幸福社区").id
        assert [one.name for one in points.within(session, community)] == ["东门"]
        assert session.scalar(select(func.count(CheckPoint.id))) == 2


def test_who_is_erased_has_walked_nowhere(town: Town, patrol: Talker) -> None:
    patrol.say("开始巡查")
    patrol.scan(point(town, "东门"))
    with town.database.writing() as session:
        erasure.erase(session, patrol.person_id, town.now)
        assert session.scalars(select(RoundPoint)).all() == []
        assert session.scalars(select(Round.ended_at)).one() is not None


def test_two_rounds_of_one_person_on_two_accounts_become_one_persons(
    town: Town, patrol: Talker
) -> None:
    patrol.say("开始巡查")
    patrol.say("发现3号楼楼道堆物，已当场清理")
    with town.database.writing() as session:
        first = session.scalars(select(Identity).where(Identity.openid == "demo-patrol-1")).one()
        who = factories.person(session, "平安哨兵")
        second = Identity(account="other", openid="again", person_id=who.id, created_at=NOW)
        session.add(second)
        session.flush()
        area = factories.area_named(session, "幸福第一网格").id
        rounds.start(session, who.id, "other", area, at=NOW + timedelta(minutes=1))
        union.learn(session, first.id, "union", NOW)
        stays = union.learn(session, second.id, "union", NOW)
        assert set(session.scalars(select(Round.person_id))) == {stays}
        open_ones = session.scalars(select(Round).where(Round.ended_at.is_(None))).all()
        assert len(open_ones) == 1
