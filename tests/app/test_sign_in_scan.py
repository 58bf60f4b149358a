"""Signing in by scan, with the chat that asks and a platform that makes the code."""

import re
from datetime import timedelta

import pytest

from jobs.channels.wire import NotReached
from models.sign_in_scans import LIFE
from tests.app.visitor import House, Visitor
from tests.chat import Town


@pytest.fixture
def scenes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """WeChat's edge: the scenes it was asked to make a code for."""
    made: list[str] = []

    def qrcode_create(_: object, account: str, scene: str, seconds: int) -> dict[str, str]:
        made.append(scene)
        return {"url": f"http://weixin.qq.com/q/{len(made)}"}

    monkeypatch.setattr("jobs.channels.wechat_client.WeChatClient.qrcode_create", qrcode_create)
    return made


def waiting(house: House, scenes: list[str]) -> tuple[Visitor, str]:
    visitor = house.visitor()
    assert visitor.post("/console/sign-in/scan").location == "/console/sign-in/scan"
    page = visitor.get("/console/sign-in/scan")
    found = re.search(r"<strong>(\d\d)</strong>", page.text)
    assert found is not None and "等您扫码" in page.text
    return visitor, found[1]


def state(visitor: Visitor) -> str:
    answer = visitor.post("/console/sign-in/scan/state", headers={"HX-Request": "true"})
    return answer.headers.get("HX-Redirect") or answer.text.strip()


def test_the_phone_reads_the_number_says_yes_and_the_page_goes_on(
    house: House, scenes: list[str]
) -> None:
    visitor, code = waiting(house, scenes)
    worker = Town(house.database, house.now).person("demo-community_staff-1")
    asked = worker.scan(scenes[0])
    assert code in asked and "电脑" in asked and "1 是我本人" in asked
    assert "请在微信里回复 1" in state(visitor)
    assert "已确认" in worker.say("1")
    assert state(visitor) == "/console/"
    assert visitor.get("/console/").status_code == 200


def test_a_forgotten_password_is_set_anew_after_a_scan(house: House, scenes: list[str]) -> None:
    name = house.account("community_staff")
    visitor, _ = waiting(house, scenes)
    worker = Town(house.database, house.now).person("demo-community_staff-1")
    worker.scan(scenes[0])
    worker.say("1")
    assert state(visitor) == "/console/"
    assert "现在的密码" not in visitor.get("/console/account").text
    form = {"name": name, "password": "a long new password", "again": "a long new password"}
    assert visitor.post("/console/account", form).status_code == 302
    assert house.visitor().sign_in(name, "a long new password").status_code == 302


def test_without_scripts_a_button_does_the_same(house: House, scenes: list[str]) -> None:
    visitor, _ = waiting(house, scenes)
    worker = Town(house.database, house.now).person("demo-grid_worker-1")
    worker.scan(scenes[0])
    assert visitor.post("/console/sign-in/scan/state").location == "/console/sign-in/scan"
    worker.say("1")
    assert visitor.post("/console/sign-in/scan/state").location == "/console/"


def test_who_says_no_lets_nobody_in(house: House, scenes: list[str]) -> None:
    visitor, _ = waiting(house, scenes)
    worker = Town(house.database, house.now).person("demo-community_staff-1")
    worker.scan(scenes[0])
    assert "没有登录" in worker.say("2")
    assert "不是我" in state(visitor)
    assert visitor.get("/console/").status_code == 302


def test_a_resident_learns_nothing_and_confirms_nothing(house: House, scenes: list[str]) -> None:
    visitor, code = waiting(house, scenes)
    resident = Town(house.database, house.now).person("demo-resident-1")
    assert code not in resident.scan(scenes[0])
    resident.say("1")
    assert "等您扫码" in state(visitor)


def test_another_phone_comes_too_late(house: House, scenes: list[str]) -> None:
    visitor, _ = waiting(house, scenes)
    town = Town(house.database, house.now)
    town.person("demo-community_staff-1").scan(scenes[0])
    assert "过期" in town.person("demo-community_staff-2").scan(scenes[0])
    town.person("demo-community_staff-2").say("1")
    assert "请在微信里回复 1" in state(visitor)


def test_another_browser_can_not_take_up_what_was_confirmed(
    house: House, scenes: list[str]
) -> None:
    visitor, _ = waiting(house, scenes)
    other, _ = waiting(house, scenes)
    worker = Town(house.database, house.now).person("demo-community_staff-1")
    worker.scan(scenes[0])
    worker.say("1")
    assert "等您扫码" in state(other)
    assert state(visitor) == "/console/"
    assert other.get("/console/").status_code == 302


def test_five_minutes_later_the_code_is_no_use(house: House, scenes: list[str]) -> None:
    visitor, _ = waiting(house, scenes)
    town = Town(house.database, house.now)
    town.person("demo-community_staff-1").scan(scenes[0])
    town.now += LIFE + timedelta(seconds=1)
    town.person("demo-community_staff-1").say("1")
    house.now = town.now
    assert "过期" in state(visitor)
    assert "过期" in town.person("demo-community_staff-1").scan(scenes[0])


def test_an_administrator_without_a_password_is_told_to_begin_with_one(
    house: House, scenes: list[str]
) -> None:
    visitor, _ = waiting(house, scenes)
    admin = Town(house.database, house.now).person("demo-admin-1")
    admin.scan(scenes[0])
    admin.say("1")
    answer = visitor.post("/console/sign-in/scan/state")
    assert answer.status_code == 403 and "管理员请先用账号和密码" in answer.text


def test_a_platform_that_does_not_answer_leaves_the_password(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreached(*_: object) -> None:
        raise NotReached("no platform")

    monkeypatch.setattr("jobs.channels.wechat_client.WeChatClient.qrcode_create", unreached)
    answer = house.visitor().post("/console/sign-in/scan")
    assert answer.status_code == 503 and "用账号和密码登录" in answer.text
