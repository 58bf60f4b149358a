"""The doctor finds what is wrong with a house, and nothing where nothing is."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from app.commands.menu import as_wechat_wants_it
from app.doctor import examination
from app.doctor.examination import CHECKS, examine
from app.doctor.findings import Level
from app.doctor.patient import opened
from app.sandbox import SandboxOptions
from app.sandbox.serve import SandboxThread
from config.settings import Settings
from jobs.channels.wechat_client import WeChatClient
from models import job_runs, tasks
from models.base import Database
from models.migrate import migrate

NOW = datetime.now(UTC)
SECRET = "0123456789abcdef0123456789abcdef"
KEYS = {"secret_key": "k" * 40, "data_key": "1:" + "A" * 43}
ACCOUNT = {"wechat_app_id": "wx1", "wechat_secret": SECRET, "wechat_token": "t1234"}


class Outside(BaseHTTPRequestHandler):
    """What stands outside: our own site as residents open it, and a platform that refuses."""

    status = 200
    date: datetime | None = None
    answer: dict[str, Any] = {}

    def do_GET(self) -> None:
        self._answer(self.status, b"{}")

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, json.dumps(self.answer).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Date", format_datetime(self.date or datetime.now(UTC), usegmt=True))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@pytest.fixture(autouse=True)
def at_this_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor holds other clocks against the machine's own."""
    monkeypatch.setitem(globals(), "NOW", datetime.now(UTC))


@pytest.fixture(scope="module")
def outside_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Outside)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def outside(outside_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Its address; what it says is set on the class, and forgotten after the test."""
    for name, value in (("status", 200), ("date", None), ("answer", {})):
        monkeypatch.setattr(Outside, name, value)
    return outside_url


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("doctor") / "linli.db"
    store = Database(f"sqlite:///{path}", synchronous="OFF")
    migrate(store)
    store.dispose()
    return path


@pytest.fixture
def folder(tmp_path: Path, migrated: Path) -> Path:
    """The data directory of a house in which a clock has just fired."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "words").mkdir()
    (home / "words" / "jieba-0.cache").touch()
    shutil.copy(migrated, home / "linli.db")
    (home / "linli.db").chmod(0o600)
    store = Database(f"sqlite:///{home / 'linli.db'}")
    fire(store, NOW)
    store.dispose()
    return home


def fire(store: Database, at: datetime) -> None:
    with store.writing() as session:
        job_runs.meet(session, ["sweep"], at)
        run = job_runs.claim(session, "sweep", at, at, timedelta(minutes=5))
        assert run is not None
        job_runs.finish(session, run, at, None)


def found(now: datetime | None = None, **settings: Any) -> dict[str, list[tuple[Level, str, str]]]:
    """By check: level, what is so, what to do."""
    results: dict[str, list[tuple[Level, str, str]]] = {}
    with opened(Settings(**{**KEYS, **settings}), now or NOW) as house:
        for one in examine(house):
            told = (one.finding.level, one.finding.says, one.finding.todo)
            results.setdefault(one.check, []).append(told)
    return results


def worst(results: dict[str, list[tuple[Level, str, str]]], level: Level) -> set[str]:
    return {name for name, told in results.items() if any(one[0] is level for one in told)}


def test_of_a_house_that_is_well_only_what_a_trial_leaves_open_is_said(
    folder: Path, outside: str
) -> None:
    options = SandboxOptions(
        app_id="wx1", secret=SECRET, token="t1234", push_url=f"{outside}/wechat/main"
    )
    with SandboxThread(options) as sandbox:
        settings = {
            "data_dir": folder,
            "base_url": outside,
            "wechat_api_base": sandbox.url,
            "dev": True,
            **ACCOUNT,
        }
        before = found(**settings)
        assert before["wechat_menu"][0][:2] == (Level.WARNING, "the official account has no menu")
        store = Database(f"sqlite:///{folder / 'linli.db'}")
        client = WeChatClient(store, Settings(**KEYS, **settings))
        client.menu_create("main", as_wechat_wants_it())
        client.close()
        store.dispose()
        results = found(datetime.now(UTC), **settings)
    assert worst(results, Level.WRONG) == worst(results, Level.UNSEEN) == set()
    assert worst(results, Level.WARNING) <= {"base_url", "calendar", "fonts", "free_space"}
    assert results["wechat_credentials"] == [(Level.OK, "WeChat takes the credentials of main", "")]
    assert results["wechat_menu"] == [(Level.OK, "its menu is ours", "")]
    assert SECRET not in str(before) + str(results)


@pytest.mark.parametrize(
    ("settings", "check", "level", "words"),
    [
        ({"secret_key": ""}, "secret_key", Level.WRONG, "not set"),
        ({"secret_key": "short"}, "secret_key", Level.WARNING, "has 5 characters"),
        ({"data_key": "1:short"}, "data_key", Level.WRONG, "base64url of 32 bytes"),
        ({"data_key": ""}, "data_key", Level.WRONG, "not set"),
        ({"base_url": "linli.example.cn"}, "base_url", Level.WRONG, "no address"),
        ({"base_url": "https://a.cn/linli"}, "base_url", Level.WRONG, "a path"),
        ({"base_url": "http://a.cn"}, "base_url", Level.WARNING, "not https"),
        ({"base_url": "https://a.cn"}, "proxies", Level.WARNING, "LINLI_TRUSTED_PROXIES is 0"),
        ({"wechat_app_id": ""}, "pushes", Level.WARNING, "no official account"),
        ({"wechat_mode": "secure"}, "pushes", Level.WRONG, "not 43 characters"),
        ({"wechat_token": "t-1"}, "push_token", Level.WARNING, "3 to 32 letters"),
        ({"data_dir": Path("nowhere/at/all")}, "data_directory", Level.WRONG, "no data directory"),
        ({"redis_url": "redis://127.0.0.1:9"}, "redis", Level.WRONG, "does not answer"),
        ({"redis_url": "localhost"}, "redis", Level.WRONG, "does not answer"),
        (
            {"database_url": "postgresql://127.0.0.1:9/linli"},
            "database",
            Level.WRONG,
            "does not answer",
        ),
    ],
)
def test_what_is_set_wrongly_is_named_with_what_to_do(
    folder: Path,
    outside: str,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, Any],
    check: str,
    level: Level,
    words: str,
) -> None:
    ours = [one for one in CHECKS if one.name in (check, "data_key", "data_directory", "database")]
    monkeypatch.setattr(examination, "CHECKS", ours)
    told = found(**{"data_dir": folder, "base_url": outside, **ACCOUNT, **settings})
    ((found_level, says, todo),) = told[check]
    assert found_level is level
    assert words in says
    assert todo
    assert "short" not in says and SECRET not in says


def test_files_that_everybody_may_read_and_old_tables_are_told(folder: Path, outside: str) -> None:
    folder.chmod(0o755)
    (folder / "linli.db").chmod(0o644)
    store = Database(f"sqlite:///{folder / 'linli.db'}")
    with store.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    store.dispose()
    told = found(data_dir=folder, base_url=outside, wechat_api_base=outside)
    assert "linli.db" in told["who_may_read"][0][1]
    assert told["tables"][0][2] == "take a backup, then run `linli migrate`"
    assert told["writes"] == [(Level.UNSEEN, "not looked at: tables is wrong", "")]
    (folder / "linli.db").unlink()
    told = found(data_dir=folder, base_url=outside)
    assert told["database"] == [(Level.WRONG, "there is no database yet", "run `linli init`")]
    assert not (folder / "linli.db").exists()


def test_what_wechat_refuses_is_told_in_words_and_with_the_address_it_saw(
    folder: Path, outside: str
) -> None:
    settings = {"data_dir": folder, "base_url": outside, "wechat_api_base": outside, **ACCOUNT}
    errmsg = f"invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist, {SECRET} rid: 1"
    Outside.answer = {"errcode": 40164, "errmsg": errmsg}
    Outside.date = NOW - timedelta(minutes=3)
    Outside.status = 500
    told = found(**settings)
    assert told["wechat_clock"] == [
        (
            Level.WRONG,
            "the clock of WeChat and this machine's are 180 s apart",
            "let both follow a time server (chrony, systemd-timesyncd)",
        )
    ]
    assert told["wechat_credentials"][0][0] is Level.UNSEEN
    assert told["site"][0][:2] == (Level.WRONG, f"{outside}/readyz answers 500")
    Outside.date = None
    ((level, says, todo),) = found(**settings)["wechat_credentials"]
    assert (level, says) == (
        Level.WRONG,
        "WeChat refuses the credentials of main: errcode 40164, seen from 203.0.113.9",
    )
    assert "white list" in todo
    Outside.answer = {"errcode": 45009, "errmsg": "reach max api daily quota limit"}
    ((_, _, todo),) = found(**settings)["wechat_credentials"]
    assert "次数用完" in todo


def test_clocks_and_workers_that_are_silent_are_missed(folder: Path, outside: str) -> None:
    settings = {"data_dir": folder, "base_url": outside}
    told = found(**settings)
    assert told["clocks"] == [(Level.OK, "a clock fired 0 s ago", "")]
    assert told["background"] == [
        (Level.OK, "work, messages and pushes are where they should be", "")
    ]
    store = Database(f"sqlite:///{folder / 'linli.db'}")
    with store.writing() as session:
        tasks.ask(session, "photo", {}, NOW, "waits", NOW)
        for attempt in range(job_runs.MOST_ATTEMPTS):
            at = NOW + attempt * job_runs.RETRY_AFTER
            run = job_runs.claim(session, "weekly_report", NOW, at, timedelta(minutes=1))
            assert run is not None
            job_runs.fail(session, run, at, "RuntimeError")
    store.dispose()
    told = found(NOW + timedelta(minutes=10), **settings)
    assert told["clocks"][0][:2] == (Level.WRONG, "no clock has fired anything for 600 s")
    assert told["background"] == [
        (
            Level.WRONG,
            "work has waited for 600 s and no worker takes it",
            "start `linli worker`, or one more of them",
        )
    ]
    assert told["jobs"][0][:2] == (Level.WARNING, "the job weekly_report failed 1 times in a day")
    told = found(datetime(2039, 1, 2, tzinfo=UTC), **settings)
    assert told["calendar"][0][:2] == (Level.WRONG, "the holidays of 2039 are not known")


def test_postgresql_is_looked_at_as_our_connections_have_it(
    postgresql_server: str, folder: Path, outside: str
) -> None:
    with psycopg.connect(postgresql_server, autocommit=True) as root:
        root.execute("CREATE DATABASE examined")
    url = make_url(postgresql_server).set(database="examined")
    address = url.render_as_string(hide_password=False)
    settings = {"data_dir": folder, "base_url": outside, "database_url": address}
    assert found(**settings)["tables"][0][1] == "its tables are those of no version"
    store = Database(address.replace("postgresql:", "postgresql+psycopg:"))
    migrate(store)
    store.dispose()
    told = found(datetime.now(UTC), **settings)
    assert {one[0] for one in told["database_settings"]} == {Level.OK}
    assert told["database_clock"][0][0] is Level.OK
    assert told["writes"] == [(Level.OK, "it takes writes", "")]
    assert told["clocks"][0][1] == "no clock has ever run here"
    with psycopg.connect(postgresql_server, autocommit=True) as root:
        root.execute("ALTER DATABASE examined SET default_transaction_read_only = on")
    told = found(datetime.now(UTC) + timedelta(minutes=5), **settings)
    assert told["writes"][0][0] is Level.WRONG
    assert told["database_clock"][0][0] is Level.WRONG


def test_each_check_has_a_name_of_its_own_and_needs_only_what_comes_before_it() -> None:
    names = [one.name for one in CHECKS]
    assert len(set(names)) == len(names)
    for place, one in enumerate(CHECKS):
        assert set(one.needs) <= set(names[:place])
