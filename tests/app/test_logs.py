"""What a line of the log says beside its own words, and what it never says."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from werkzeug.test import Client

from app import logs
from config.settings import Settings
from jobs import clock, queue
from jobs.queue import Queue
from jobs.schedule import load_schedule
from models import events, tasks, tracing
from models.base import Database
from models.events import Fact
from tests.factories import MORNING

OPENID = "oABCDEFGHIJKLMNOPQRSTUVWXYZ1"
PHONE = "13800138000"
TOKEN = "84_abcDEF-ghi_jkl"

SPOKEN = 3_000
SPEAKING = f"""
import structlog
from app import logs
from config.settings import Settings
logs.configure(Settings())
for number in range({SPOKEN}):
    structlog.get_logger().info("spoken", number=number)
"""

Lines = Callable[[], list[dict[str, Any]]]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """The lines of a process that starts now."""
    written = io.StringIO()
    _start(written, monkeypatch)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    structlog.reset_defaults()


def _start(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    logs.configure(Settings(**more))
    structlog.configure(cache_logger_on_first_use=False)


def test_a_line_is_json_for_a_machine_and_words_for_a_person(
    said: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    structlog.get_logger().info("worker_started", kinds=["a"])
    assert said()[0].items() >= {"event": "worker_started", "kinds": ["a"], "level": "info"}.items()
    screen = Terminal()
    _start(screen, monkeypatch)
    structlog.get_logger().info("worker_started")
    assert "worker_started" in screen.getvalue() and "{" not in screen.getvalue()


@pytest.mark.parametrize(
    "words",
    [
        f"GET /cgi-bin/message/custom/send?access_token={TOKEN} HTTP/1.1",
        f"/cgi-bin/token?grant_type=client_credential&appid=wx1&secret={TOKEN}",
        f"redirect ?code={TOKEN}&state=1",
        f"no identity {OPENID}, phone {PHONE}",
    ],
)
def test_what_a_library_quotes_is_hidden_in_whatever_depth(said: Lines, words: str) -> None:
    logging.getLogger("urllib3").warning("Retrying: %s", words)
    structlog.get_logger().warning("quoted", deep={"a": [words, 7]})
    library, own = said()
    assert library["event"].startswith("Retrying: ") and library["level"] == "warning"
    assert own["deep"]["a"][1] == 7
    for secret in (TOKEN, OPENID, PHONE):
        assert secret not in json.dumps([library, own])


def test_a_failure_tells_its_kind_and_place_and_its_words_to_debugging_alone(
    said: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(note: Callable[..., object], **more: Any) -> None:
        try:
            raise ValueError("太吵了")
        except ValueError as failure:
            note("failed", exc_info=failure, **more)
            note("failed", exc_info=True, **more)

    fail(logging.getLogger("flask").error)
    fail(structlog.get_logger().error)
    fail(structlog.get_logger().debug)
    lines = said()
    assert [one["fault"] for one in lines] == ["ValueError"] * 4  # and nothing at debug
    assert lines[0]["at"][-1].startswith("test_logs.py:") and "太吵" not in str(lines)
    debugging = io.StringIO()
    _start(debugging, monkeypatch, log_level="DEBUG")
    fail(structlog.get_logger().debug)
    assert "太吵了" in debugging.getvalue()


def test_each_request_has_its_number_or_that_of_a_proxy_we_trust(said: Lines) -> None:
    def answer(environ: dict, start_response: Callable[..., object]) -> list[bytes]:
        structlog.get_logger().info("answered")
        start_response("200 OK", [])
        return [tracing.REQUEST.get().encode()]

    given = {"X-Request-ID": "edge-7"}
    alone, behind = (Client(logs.Traced(answer, logs.Numbers(hops))) for hops in (0, 1))
    mine = [alone.get("/", headers=given).text for _ in range(2)]
    assert len({*mine, "edge-7"}) == 3
    assert behind.get("/", headers=given).text == "edge-7"
    for strange in ('x" y', "a" * 65, "邻里", ""):
        wrong = {"HTTP_X_REQUEST_ID": strange}
        assert behind.get("/", environ_overrides=wrong).text not in (strange, "edge-7")
    assert [one["request"] for one in said()][:3] == [*mine, "edge-7"]


def test_lines_of_a_task_and_of_a_job_name_it_and_the_ticket_it_came_upon(
    said: Lines, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(store: Database, *_: Any, **__: Any) -> None:
        structlog.get_logger().info("before")
        with store.writing() as session:
            events.record(session, Fact("seen", "ticket", 7, MORNING))
        structlog.get_logger().info("after")

    monkeypatch.setitem(queue.TASKS, "watched", work)
    with database.writing() as session:
        task_id = tasks.ask(session, "watched", {}, MORNING, "one", MORNING)
    assert Queue(database, lambda: MORNING).run_next()
    job = replace(load_schedule()["sweep"], run=work)
    clock.fire(database, job, MORNING, MORNING + timedelta(seconds=1))
    structlog.get_logger().info("outside")
    told = {"task": "watched", "task_id": task_id}
    fired = {"job": "sweep", "run_id": 1}
    before, after, ended, *of_job, outside = said()
    for lines, mine in (((before, after, ended), told), (of_job, fired)):
        assert all(mine.items() <= one.items() for one in lines)
        assert [one.get("ticket") for one in lines] == [None, 7, 7]
    assert not {"ticket", "task", "job"} & outside.keys()


def test_lines_of_processes_that_share_a_log_stay_whole(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        started = [subprocess.Popen([sys.executable, "-c", SPEAKING], stderr=log) for _ in range(2)]
        assert [one.wait(60) for one in started] == [0, 0]
    told = [json.loads(line) for line in (tmp_path / "log").read_text("utf-8").splitlines()]
    assert [one["number"] for one in told].count(1) == 2
    assert len(told) == 2 * SPOKEN
