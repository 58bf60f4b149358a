"""Group robots of the sandbox, and the channel that posts to them."""

import time
from datetime import timedelta

import pytest
import requests
from sqlalchemy import select

from app.sandbox.client import SandboxClient
from config.settings import Settings
from jobs.channels.group_robots import GroupRobots
from models.base import Database
from models.outbox import Delivery
from models.reports import robots
from models.reports.robots import GroupRobot, RobotMessage
from models.reports.table import Edition
from tests import factories
from tests.factories import MORNING, area_named, demo_person

KEY = "12345678-abcd-efgh"
SEND = "/cgi-bin/webhook/send"
TOLD = {
    "community": "幸福社区",
    "digest_kind": "morning",
    "at": MORNING.isoformat(),
    "sections": [{"key": "overdue", "count": 3}],
    "topics": [["noise", 2]],
}


def post(sandbox: SandboxClient, body: dict[str, object], key: str = KEY) -> int:
    answer = requests.post(f"{sandbox.url}{SEND}", params={"key": key}, json=body, timeout=5)
    return int(answer.json()["errcode"])


def markdown(content: object) -> dict[str, object]:
    return {"msgtype": "markdown", "markdown": {"content": content}}


def groups(sandbox: SandboxClient) -> list[dict[str, object]]:
    return requests.get(f"{sandbox.url}/sandbox/groups", timeout=5).json()


@pytest.mark.parametrize(
    ("body", "key", "errcode"),
    [
        (markdown("你好"), KEY, 0),
        (markdown("好" * 1365), KEY, 0),
        (markdown("好" * 1366), KEY, 40058),
        (markdown(""), KEY, 44004),
        (markdown(7), KEY, 44004),
        ({"msgtype": "card"}, KEY, 40008),
        ({}, KEY, 40008),
        (markdown("你好"), "revoked-1234", 93000),
        (markdown("你好"), "?", 93000),
    ],
)
def test_it_takes_and_refuses_as_the_platform_does(
    sandbox: SandboxClient, body: dict[str, object], key: str, errcode: int
) -> None:
    assert post(sandbox, body, key) == errcode
    assert len(groups(sandbox)) == (errcode == 0)
    calls = requests.get(f"{sandbox.url}/sandbox/calls", timeout=5).text
    assert SEND in calls and KEY not in calls


def test_the_twenty_first_message_of_a_minute_is_refused(sandbox: SandboxClient) -> None:
    if time.time() % 60 > 55:
        requests.post(f"{sandbox.url}/sandbox/clock", json={"advance": 10}, timeout=5)
    codes = [post(sandbox, markdown(str(number))) for number in range(21)]
    assert codes == [0] * 20 + [45009]
    assert post(sandbox, markdown("别的群"), "another-key") == 0


@pytest.fixture
def channel(sandbox: SandboxClient) -> GroupRobots:
    return GroupRobots(Settings(wechat_api_base=sandbox.url))


@pytest.fixture
def queued(database: Database) -> Database:
    factories.town(database)
    queue(database, KEY)
    return database


def queue(store: Database, key: str) -> None:
    with store.writing() as session:
        robot = robots.add(
            session,
            area_named(session, "幸福社区").id,
            "工作群",
            key,
            [Edition.DAILY],
            by=demo_person(session, "community_staff"),
            at=MORNING,
        )
        robots.queue(session, [robot], "digest_group", TOLD, key="digest", now=MORNING)


def states(store: Database) -> list[tuple[Delivery, int | None, int]]:
    with store.reading() as session:
        rows = session.execute(
            select(RobotMessage.state, RobotMessage.errcode, RobotMessage.attempts)
        )
        return [(row[0], row[1], row[2]) for row in rows]


def test_a_digest_stands_in_the_group_once(
    sandbox: SandboxClient, channel: GroupRobots, queued: Database
) -> None:
    assert channel.post_due(queued, MORNING) == 1
    assert channel.post_due(queued, MORNING) == 0
    (said,) = groups(sandbox)
    assert said["content"] == (
        "**幸福社区早报** 3月3日（周二）\n> 已超期：3 件\n"
        "> 近7天反映多的：噪音 2\n清单在工作台“日报”里。"
    )
    assert states(queued) == [(Delivery.SENT, 0, 1)]


def test_a_key_that_is_none_rests_the_robot_and_is_told_without_the_key(
    channel: GroupRobots, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    factories.town(database)
    queue(database, "revoked-12345")
    channel.post_due(database, MORNING)
    assert states(database) == [(Delivery.FAILED, 93000, 1)]
    with database.reading() as session:
        assert session.scalars(select(GroupRobot.refused)).one() == 93000
    told = capsys.readouterr()
    assert "group_robot_refused" in told.out and "revoked-12345" not in told.out + told.err


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ({"kind": "errcode", "value": 45009}, Delivery.QUEUED),
        ({"kind": "errcode", "value": -1}, Delivery.QUEUED),
        ({"kind": "errcode", "value": 40058}, Delivery.FAILED),
        ({"kind": "drop_after"}, Delivery.IN_DOUBT),
    ],
)
def test_what_is_busy_comes_again_and_what_nobody_knows_of_does_not(
    sandbox: SandboxClient,
    channel: GroupRobots,
    queued: Database,
    fault: dict[str, object],
    state: Delivery,
) -> None:
    requests.post(
        f"{sandbox.url}/sandbox/faults", json={"path": SEND, "times": 1, **fault}, timeout=5
    )
    channel.post_due(queued, MORNING)
    assert [one[0] for one in states(queued)] == [state]
    channel.post_due(queued, MORNING + timedelta(minutes=2))
    is_there = state in (Delivery.QUEUED, Delivery.IN_DOUBT)
    assert len(groups(sandbox)) == is_there, "never twice"


def test_a_platform_that_is_not_there_is_tried_again_later(queued: Database) -> None:
    nowhere = GroupRobots(Settings(wechat_api_base="http://127.0.0.1:9"))
    nowhere.post_due(queued, MORNING)
    assert states(queued) == [(Delivery.QUEUED, None, 1)]
    assert nowhere.post_due(queued, MORNING + timedelta(seconds=29)) == 0
    assert nowhere.post_due(queued, MORNING + timedelta(seconds=31)) == 1
