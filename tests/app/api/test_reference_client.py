"""A mini-program against the house as it is served, and the platform that gives its codes."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from app.sandbox.client import SandboxClient
from app.sandbox.serve import SandboxThread
from models.base import Database
from models.resident_sessions import ResidentSession
from tests import factories
from tests.bench.servers import serving
from tests.jobs.town import PLATFORM
from tests.mini_program import MiniProgram
from tests.wechat.sender import Sender

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OPENID = "o-mini-visitor"
LIFT = "幸福里小区3号楼电梯坏了，按了没反应"
OPTIONS = replace(PLATFORM, aes_key=KEY, mini_token="t2", mini_aes_key=KEY, mode="secure")


@dataclass
class Served:
    """The house as a process of its own, beside the platform."""

    url: str
    wechat: SandboxClient
    store: Database

    def mini_program(self) -> MiniProgram:
        return MiniProgram(self.wechat, OPENID, f"{self.url}/api/v1")

    def push(self, **fields: Any) -> str:
        """As a mini-program is told that has chosen JSON for its pushes."""
        sender = Sender(f"{self.url}/wechat/mini", "t2", "wx2", KEY, "secure")
        answer = sender.push(json.dumps({"ToUserName": "gh_mini"} | fields), int(time.time()))
        assert answer.status_code == 200
        return answer.text


@pytest.fixture
def served(empty_file: Path, tmp_path: Path) -> Iterator[Served]:
    shutil.copy(empty_file, tmp_path / "linli.db")
    store = Database(f"sqlite:///{tmp_path / 'linli.db'}")
    factories.town(store, datetime.now(UTC))
    with (
        SandboxThread(OPTIONS) as platform,
        serving(["app", "web"], _environment(tmp_path, platform.url)) as port,
    ):
        url, wechat = f"http://127.0.0.1:{port}", SandboxClient(platform.url)
        wechat.push_to(f"{url}/wechat/main", mini_push_url=f"{url}/wechat/mini")
        yield Served(url, wechat, store)
    store.dispose()


def _environment(folder: Path, platform: str) -> dict[str, str]:
    told = {
        "data_dir": str(folder),
        "database_url": "",
        "data_key": "1:" + "A" * 43,
        "secret_key": "mini",
        "web_workers": "1",
        "log_level": "ERROR",
        "wechat_api_base": platform,
        "wechat_app_id": "wx1",
        "wechat_secret": "s1",
        "wechat_token": "t1",
        "wechat_aes_key": KEY,
        "wechat_mode": "secure",
        "mini_app_id": "wx2",
        "mini_secret": "s2",
        "mini_token": "t2",
        "mini_aes_key": KEY,
    }
    return {f"LINLI_{name.upper()}": value for name, value in told.items()}


def test_a_mini_program_lives_through_lost_answers_old_tokens_and_pushes_of_both_forms(
    served: Served, picture: bytes
) -> None:
    phone = served.mini_program()
    phone.sign_in()
    code = served.wechat.phone_code(OPENID, "13800001234")
    assert phone.put("/me/phone", json={"code": code})["phone"] == "138****1234"
    ticket = _report(phone, picture)
    _outlive_tokens(served, phone, ticket)
    _give_leave(served, phone)
    _write_to_the_service(served, phone)


def _report(phone: MiniProgram, picture: bytes) -> int:
    """Both answers are lost once: there is one photo and one matter all the same."""
    phone.network.lost = 1
    photo = phone.act("/photos", files={"photo": ("lift.jpg", picture)})["photo"]
    phone.network.lost = 2
    filed = phone.act("/tickets", json={"words": LIFT, "photos": [photo]})
    number = int(filed["ticket"]["id"])
    assert [one["id"] for one in phone.get("/tickets")["items"]] == [number]
    assert phone.get("/tickets")["items"][0]["class_name"]
    assert phone.statuses[-1] == 304
    return number


def _outlive_tokens(served: Served, phone: MiniProgram, ticket: int) -> None:
    for columns in (("access_until",), ("access_until", "refresh_until")):
        over = dict.fromkeys(columns, datetime.now(UTC) - timedelta(seconds=1))
        with served.store.writing() as session:
            session.execute(update(ResidentSession).values(**over))
        before = dict(phone.tokens)
        assert phone.get(f"/tickets/{ticket}")["is_mine"]
        assert phone.tokens["access_token"] != before["access_token"]
    assert phone.statuses.count(401) == 3  # renewed; not renewed and signed in anew


def _give_leave(served: Served, phone: MiniProgram) -> None:
    first, second = (one["template_id"] for one in phone.get("/subscriptions")["items"][:2])
    served.wechat.consent_in_mini_program(OPENID, {first: "accept"})
    openid = served.wechat.pushes()[-1]["fields"]["FromUserName"]
    one = {"TemplateId": first, "SubscribeStatusString": "accept", "PopupScene": "0"}
    now = int(time.time())
    for created, entries in (
        (now + 1, one),
        (str(now + 2), [one, one | {"TemplateId": second}]),
        (str(now + 2), [one, one | {"TemplateId": second}]),  # brought again
    ):
        event = {"MsgType": "event", "Event": "subscribe_msg_popup_event", "List": entries}
        assert served.push(FromUserName=openid, CreateTime=created, **event) == "success"
    left = {row["template_id"]: row["remaining"] for row in phone.get("/subscriptions")["items"]}
    assert (left[first], left[second]) == (3, 1)


def _write_to_the_service(served: Served, phone: MiniProgram) -> None:
    before = {one["id"] for one in phone.get("/tickets")["items"]}
    delivered = served.wechat.say_in_mini_program(OPENID, "幸福里小区5号楼水管漏水了")
    assert delivered is not None and delivered.status == 200
    openid = served.wechat.pushes()[-1]["fields"]["FromUserName"]
    said = {"MsgType": "text", "Content": "幸福里小区1号楼楼道灯不亮", "MsgId": 9007199254740993}
    for _ in range(2):
        assert served.push(FromUserName=openid, CreateTime=int(time.time()), **said) == "success"
    new = [one for one in phone.get("/tickets")["items"] if one["id"] not in before]
    assert [one["words"] for one in new] == [said["Content"], "幸福里小区5号楼水管漏水了"]
