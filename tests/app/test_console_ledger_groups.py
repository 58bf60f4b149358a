"""Messages of group robots in the console: those of one's areas, and what is done about each."""

import pytest
from sqlalchemy import select

from models.events import Event
from models.ledger.acting import Act
from models.ledger.groups import STEPS
from models.outbox import Delivery
from models.reports import posting, robots
from models.reports.robots import GroupRobot, RobotMessage
from models.reports.table import Edition
from tests.app.test_console_ledger import PATH, listed
from tests.app.visitor import House
from tests.factories import area_named, demo_person

GROUPS = PATH + "/groups"
TROUBLED = (Delivery.IN_DOUBT, Delivery.FAILED, Delivery.EXPIRED)
ADDRESS = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123456789abcdef"


@pytest.fixture
def made(house: House) -> dict[Delivery, int]:
    """One message in each of these states."""
    with house.database.writing() as session:
        area_id = area_named(session, "幸福社区").id
        by = demo_person(session, "community_staff")
        given = {"by": by, "at": house.now}
        robot = robots.add(session, area_id, "社区工作群", ADDRESS, [Edition.DAILY], **given)
        found = {}
        for state in (*TROUBLED, Delivery.SENT, Delivery.QUEUED):
            robots.queue(session, [robot], "digest_group", {"n": 1}, key=state, now=house.now)
            row = session.scalars(select(RobotMessage).order_by(RobotMessage.id.desc())).first()
            assert row is not None
            row.state, found[state] = state, row.id
    return found


def test_only_what_did_not_surely_arrive_is_listed_and_only_for_its_area(
    house: House, made: dict[Delivery, int]
) -> None:
    community = house.signed_in("community_staff")
    assert set(listed(community, path=GROUPS)) == {made[one] for one in TROUBLED}
    page = community.get(GROUPS).text
    assert '没发到群里的 <span class="number">3</span>' in page and ADDRESS[-8:] not in page
    with house.database.writing() as session:
        robot = session.scalars(select(GroupRobot)).one()
        robot.area_id = area_named(session, "和顺街道").id
    assert listed(community, path=GROUPS) == []
    number = made[Delivery.FAILED]
    assert community.post(f"{GROUPS}/{number}", {"act": "again"}).status_code == 404
    assert set(listed(house.signed_in("subdistrict_staff"), path=GROUPS)) == {
        made[one] for one in TROUBLED
    }


def test_each_act_does_what_its_table_says_and_is_an_event(
    house: House, made: dict[Delivery, int]
) -> None:
    community = house.signed_in("community_staff")
    for act in Act:
        for state, number in made.items():
            new = STEPS.get((state, act))
            answer = community.post(f"{GROUPS}/{number}", {"act": act})
            assert answer.status_code == (302 if new else 409), (state, act)
            with house.database.writing() as session:
                row = session.get_one(RobotMessage, number)
                assert row.state is (new or state)
                row.state = state
    with house.database.reading() as session:
        said = session.scalars(select(Event).where(Event.verb == "group_message_settled")).all()
        assert {(one.old, one.detail["act"], one.new) for one in said} == {
            (old, act, new) for (old, act), new in STEPS.items()
        }


def test_what_is_sent_again_is_claimed_anew_though_its_day_was_over(
    house: House, made: dict[Delivery, int]
) -> None:
    house.later(hours=5)
    number = made[Delivery.EXPIRED]
    with house.database.writing() as session:
        for state in made:
            if state is not Delivery.EXPIRED:
                session.delete(session.get_one(RobotMessage, made[state]))
        session.get_one(RobotMessage, number).expires_at = house.now
    community = house.signed_in("community_staff")
    assert community.post(f"{GROUPS}/{number}", {"act": "again"}).status_code == 302
    with house.database.writing() as session:
        claimed = posting.claim(session, house.now)
        assert claimed is not None and (claimed.id, claimed.attempts) == (number, 1)


def test_a_robot_whose_key_is_none_is_named_and_sends_nothing_again(
    house: House, made: dict[Delivery, int]
) -> None:
    with house.database.writing() as session:
        session.scalars(select(GroupRobot)).one().refused = 93000
    community = house.signed_in("community_staff")
    page = community.get(GROUPS).text
    assert "不认这个机器人的地址" in page and "再发一次</button>" not in page
    number = made[Delivery.FAILED]
    assert community.post(f"{GROUPS}/{number}", {"act": "again"}).status_code == 409
