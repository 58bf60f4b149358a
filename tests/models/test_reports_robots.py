"""Group robots: who may add one, what it says once, and how often in a minute."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.base import Database
from models.errors import NotAllowed, NotFound
from models.outbox import Delivery
from models.reports import posting, robots
from models.reports.robots import GroupRobot, KeyUnfit, RobotMessage
from models.reports.table import Edition
from tests import factories
from tests.factories import MORNING, area_named, demo_person

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
ADDRESS = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"


@pytest.fixture
def town(store: Database) -> Database:
    factories.town(store, MORNING - timedelta(days=2))
    return store


def added(session: Session, address: str = ADDRESS, role: str = "community_staff") -> GroupRobot:
    return robots.add(
        session,
        area_named(session, "幸福社区").id,
        "社区工作群",
        address,
        [Edition.DAILY],
        by=demo_person(session, role),
        at=MORNING,
    )


def queue(session: Session, robot: GroupRobot, key: str = "one") -> int:
    return robots.queue(session, [robot], "digest_group", {"n": 1}, key=key, now=MORNING)


def states(session: Session) -> list[Delivery]:
    session.expire_all()
    return list(session.scalars(select(RobotMessage.state).order_by(RobotMessage.id)))


def test_its_key_is_taken_from_the_address_and_lies_sealed(town: Database) -> None:
    with town.writing() as session:
        assert added(session).key == added(session, KEY).key == KEY
        for raw in session.scalars(text("SELECT key FROM group_robots")):
            assert KEY.encode() not in bytes(raw)


@pytest.mark.parametrize("address", ["", "https://example.org/send?key=abcdefgh", "有空格 的"])
def test_what_is_no_address_of_a_robot_is_refused(town: Database, address: str) -> None:
    with town.writing() as session, pytest.raises(KeyUnfit):
        added(session, address)


def test_only_staff_of_the_area_add_and_end_one_and_its_key_is_then_forgotten(
    town: Database,
) -> None:
    with town.writing() as session:
        with pytest.raises(NotAllowed):
            added(session, role="grid_leader")
        robot = added(session)
        with pytest.raises(NotFound):
            robots.end(session, robot.id, by=demo_person(session, "grid_leader"), at=MORNING)
        robots.end(session, robot.id, by=demo_person(session, "community_staff", 2), at=MORNING)
        assert robot.key == "" and robots.of_area(session, robot.area_id) == []


def test_a_message_is_queued_once_and_claimed_by_one(town: Database) -> None:
    with town.writing() as session:
        robot = added(session)
        assert (queue(session, robot), queue(session, robot)) == (1, 0)
        first = posting.claim(session, MORNING)
        assert first is not None and first.key == KEY
        assert posting.claim(session, MORNING) is None
        assert posting.settle(session, first, Delivery.SENT, MORNING, 0)
        assert not posting.settle(session, first, Delivery.FAILED, MORNING)
        assert states(session) == [Delivery.SENT]


def test_whose_end_nobody_saw_is_in_doubt_and_never_sent_again(town: Database) -> None:
    with town.writing() as session:
        queue(session, added(session))
        assert posting.claim(session, MORNING) is not None
        later = MORNING + timedelta(minutes=5)
        assert posting.has_due(session, later)
        posting.sweep(session, later)
        assert states(session) == [Delivery.IN_DOUBT]
        assert posting.claim(session, later) is None


def test_a_robot_says_no_more_in_a_minute_than_the_platform_takes(town: Database) -> None:
    with town.writing() as session:
        robot, other = added(session), added(session)
        for number in range(25):
            queue(session, robot, str(number))
        claimed = [one for one in (posting.claim(session, MORNING) for _ in range(25)) if one]
        assert len(claimed) == 20
        queue(session, other, "other")
        assert posting.claim(session, MORNING) is not None, "the others go on"
        assert posting.claim(session, MORNING + timedelta(seconds=61)) is not None


def test_tries_end_and_news_grow_old(town: Database) -> None:
    with town.writing() as session:
        queue(session, added(session))
        tries, at = 0, MORNING
        while (one := posting.claim(session, at)) is not None:
            tries, at = tries + 1, at + timedelta(minutes=2)
            posting.again(session, one, at, None, at=at)
        assert (tries, states(session)) == (8, [Delivery.FAILED])
        queue(session, added(session), "old")
        posting.sweep(session, MORNING + timedelta(days=1, minutes=1))
        assert states(session)[1] == Delivery.EXPIRED


def test_a_robot_whose_key_is_none_rests(town: Database) -> None:
    with town.writing() as session:
        robot = added(session)
        queue(session, robot, "a")
        queue(session, robot, "b")
        one = posting.claim(session, MORNING)
        assert one is not None
        posting.refuse(session, one, MORNING, 93000)
        session.expire_all()
        assert robot.refused == 93000 and posting.claim(session, MORNING) is None
        assert not posting.has_due(session, MORNING), "no transaction is opened for a robot at rest"


def test_a_robot_of_a_wider_area_posts_no_digest_of_a_community(town: Database) -> None:
    with town.writing() as session, pytest.raises(KeyUnfit):
        robots.add(
            session,
            area_named(session, "和顺街道").id,
            "街道群",
            KEY,
            [Edition.DAILY],
            by=demo_person(session, "subdistrict_staff"),
            at=MORNING,
        )
