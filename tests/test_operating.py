"""`linli run` as its operator watches it: the log of a whole story, and the figures with it."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from app import house
from app.sandbox.client import SandboxClient
from config.settings import Settings
from models import access_tokens
from tests.bench.servers import free_port

PATIENCE_SECONDS = 60
FORGED = 12
STAFF = "demo-community_staff-1"
RESIDENT = "demo-resident-1"
PHONE = "13800138000"
PASSPHRASE = "茴香豆"  # in every word that is said
WRONG_PASSWORD = "no-such-password"
SEND = "/cgi-bin/message/custom/send"
SEND_TEMPLATE = "/cgi-bin/message/template/send"
TOKEN = "/cgi-bin/stable_token"
UNCONFIRMED = "SELECT id, state FROM outbox WHERE state <> 'confirmed'"


@dataclass
class Running:
    """The product as a process of its own, and everything it said."""

    folder: Path
    port: int
    sandbox_port: int
    process: subprocess.Popen[str]
    password: str = ""
    secrets: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox(self) -> SandboxClient:
        return SandboxClient(f"http://127.0.0.1:{self.sandbox_port}")

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.raw().splitlines()]

    def raw(self) -> str:
        return (self.folder / "log").read_text("utf-8")

    def lines(self, event: str) -> list[dict[str, Any]]:
        return [one for one in self.log() if one["event"] == event]

    def await_line(self, event: str, **said: Any) -> dict[str, Any]:
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            for line in self.lines(event):
                if said.items() <= line.items():
                    return line
            time.sleep(0.1)
        raise AssertionError(f"nothing said {event} {said}:\n{self.raw()[-3000:]}")

    def figures(self) -> dict[str, float]:
        text = requests.get(f"{self.url}/metrics", timeout=20).text
        found = re.findall(r"^(linli_\S+(?:\{.*\})?) (\S+)$", text, re.MULTILINE)
        return {name: float(value) for name, value in found}

    def await_figure(self, name: str, value: float) -> None:
        """What the store says is a few seconds old."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while self.figures().get(name) != value:
            assert time.monotonic() < ends, f"{name} is {self.figures().get(name)}"
            time.sleep(0.5)

    def await_receipts(self) -> None:
        """The platform tells of each template a moment after it took it."""
        ends = time.monotonic() + PATIENCE_SECONDS
        with closing(sqlite3.connect(self.folder / "linli.db")) as db:
            while open_ := db.execute(UNCONFIRMED).fetchall():
                assert time.monotonic() < ends, f"not confirmed: {open_}"
                time.sleep(0.1)

    @contextmanager
    def without(self, table: str) -> Iterator[None]:
        """Whoever needs the table meets a fault of ours."""
        _rename(self.folder / "linli.db", table, "away")
        yield
        _rename(self.folder / "linli.db", "away", table)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    port, sandbox_port = free_port(), free_port()
    mine = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [*(sys.executable, "-m", "app", "run"), "--port", str(port)]
            + ["--sandbox-port", str(sandbox_port)],
            env=mine | {"LINLI_DATA_DIR": str(tmp_path), "LINLI_WEB_WORKERS": "2"},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    found = Running(tmp_path, port, sandbox_port, process)
    assert process.stdout is not None
    for line in process.stdout:
        if shown := re.search(r"password (\S+)", line):
            found.password = shown[1]
        if "Ctrl-C" in line:
            break
    yield found
    process.terminate()
    process.communicate(timeout=PATIENCE_SECONDS)


def test_the_log_tells_who_did_what_and_nothing_that_is_secret(running: Running) -> None:
    running.secrets = _secrets(running)
    _forge_pushes(running)
    _sign_in(running)
    running.sandbox.say("demo-building_head-1", "帮助")  # may be answered for two days
    running.sandbox.fault("errcode", SEND, value=45015, times=1)
    answer = running.sandbox.say(RESIDENT, f"3号楼电梯坏了，{PASSPHRASE}，电话{PHONE}")
    assert answer.status == 200 and answer.reply_text
    _look_at_deliveries(running)
    with running.without("tickets"):
        running.sandbox.say(RESIDENT, f"3号楼路灯不亮了，{PASSPHRASE}")
    _look_at_failures(running)
    running.sandbox.fault("errcode", SEND_TEMPLATE, value=40001, times=1)
    running.sandbox.fault("errcode", TOKEN, value=40125, times=1)
    running.sandbox.say("demo-resident-2", f"4号楼楼道堆满杂物，{PASSPHRASE}")
    running.await_line("alert", errcode=40125)
    _look_at_all(running)


def _forge_pushes(running: Running) -> None:
    """Which process answers is chance; each process tells the sum."""
    for number in range(FORGED):
        query = {"signature": "x", "timestamp": int(time.time()), "nonce": number}
        query["openid"] = RESIDENT
        address = f"{running.url}/wechat/main"
        assert requests.post(address, params=query, data=PASSPHRASE, timeout=20).status_code == 403
    refused = 'linli_push_refusals_total{reason="NotGenuine"}'
    assert {running.figures()[refused] for _ in range(6)} == {FORGED}
    said = running.lines("push_refused")
    assert len({one["request"] for one in said}) == len(said) == FORGED
    assert len({one["request"].partition("-")[0] for one in said}) <= 2  # web processes


def _sign_in(running: Running) -> None:
    browser = requests.Session()
    for password, status in ((WRONG_PASSWORD, 401), (running.password, 200)):
        page = browser.get(f"{running.url}/console/sign-in", timeout=20).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None
        form = {"csrf_token": token[1], "name": STAFF, "password": password}
        answer = browser.post(f"{running.url}/console/sign-in", data=form, timeout=20)
        assert answer.status_code == status
        running.secrets |= {token[1], *browser.cookies.values()}
    assert answer.headers["X-Request-ID"]
    with running.without("outbox"):
        failed = browser.get(f"{running.url}/console/messages", timeout=20)
    assert failed.status_code == 503  # the store is to blame, as far as anybody can tell
    line = running.await_line("console_failed", request=failed.headers["X-Request-ID"])
    assert line["route"] == "console.messages" and line["fault"] == "OperationalError"


def _look_at_deliveries(running: Running) -> None:
    refused = running.await_line("message_tried", errcode=45015)
    assert refused["ticket"] == 1 and refused["message_id"]
    assert running.await_line("message_tried", end="Taken", ticket=1)["level"] == "info"
    running.await_receipts()


def _look_at_failures(running: Running) -> None:
    """The platform brought it three times; then it was kept, and somebody was called."""
    failed = running.lines("work_failed")
    assert all(one["fault"] and one["request"] for one in failed)
    of_web = [one for one in failed if "kind" in one]
    assert len(of_web) == 3
    # The process that writes for all names the same requests.
    assert {one["request"] for one in failed} == {one["request"] for one in of_web}
    running.await_figure('linli_pushes_unworked{outcome="failed"}', 1)


def _look_at_all(running: Running) -> None:
    for line in running.log():
        assert {"event", "level", "timestamp"} <= line.keys() and line["level"] != "debug"
    found = running.raw()
    assert [one for one in running.secrets if one in found] == []
    assert re.search(r"demo-\w+-\d", found) is None  # an openid, and the name of an account
    for private in (PHONE, PASSPHRASE, WRONG_PASSWORD, "电梯", "[parameters", "Traceback"):
        assert private not in found
    running.await_figure('linli_platform_stopped{account="main",api=""}', 1)
    counted = running.figures()
    assert counted['linli_pushes_total{kind="text",outcome="answered"}'] >= 2
    assert counted['linli_pushes_total{kind="text",outcome="error"}'] == 3
    assert counted['linli_page_failures_total{route="console.messages"}'] == 1
    assert counted["linli_push_seconds_count"] >= FORGED + 5
    assert len([name for name in counted if name.startswith("linli_process_bytes")]) == 3


def _secrets(running: Running) -> set[str]:
    """All keys of the house, made and given, and the platform's token."""
    web = next(Path(f"/proc/{running.process.pid}/task").glob("*/children"))
    environment = Path(f"/proc/{web.read_text().split()[0]}/environ").read_text().split("\0")
    given = dict(one.split("=", 1) for one in environment if "=" in one)
    names = ("SECRET_KEY", "DATA_KEY", "WECHAT_SECRET", "WECHAT_TOKEN", "WECHAT_AES_KEY")
    kept = {given[f"LINLI_{name}"].rpartition(":")[2] for name in names}
    settings = Settings(data_dir=running.folder, data_key=given["LINLI_DATA_KEY"])
    store = house.open_database(settings)
    with store.reading() as session:
        token = access_tokens.held(session, "main").text
    store.dispose()
    assert token and all(kept)
    return {*kept, token, running.password}


def _rename(path: Path, old: str, new: str) -> None:
    with closing(sqlite3.connect(path, timeout=10)) as store, store:
        store.execute("PRAGMA legacy_alter_table = ON")  # leaves what refers to it alone
        store.execute(f"ALTER TABLE {old} RENAME TO {new}")
