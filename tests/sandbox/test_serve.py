"""The sandbox as a process of its own, its store across restarts, its latency."""

import dataclasses
import multiprocessing
import time

import pytest
import requests

from app.sandbox.client import SandboxClient
from app.sandbox.serve import SandboxThread, serve
from tests.bench.servers import free_port

from .conftest import Api


@pytest.fixture
def process(options):
    port = free_port()
    child = multiprocessing.get_context("spawn").Process(target=serve, args=(options, port))
    child.start()
    client = SandboxClient(f"http://127.0.0.1:{port}")
    for _ in range(200):
        try:
            client.people()
            break
        except requests.ConnectionError:
            time.sleep(0.05)
    yield client
    child.terminate()
    child.join(10)


def test_a_process_serves_pushes_calls_and_drops(process, options, receiver):
    receiver.replies("收到")
    assert process.say("demo-a", "在吗").reply_text == "收到"
    api = Api(process.url, options.app_id, options.secret)
    process.fault("drop_after", "/cgi-bin/message/custom/send", times=1)
    with pytest.raises(requests.RequestException):
        api.text("demo-a", "断了")
    assert [item["text"] for item in process.inbox("demo-a")] == ["收到", "断了"]


def test_a_port_in_use_is_not_shared(process, options):
    port = int(process.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        serve(options, port)


def test_a_file_keeps_people_tokens_clock_and_message_numbers(options, receiver, tmp_path):
    kept = dataclasses.replace(options, store_path=tmp_path / "sandbox.db")
    with SandboxThread(kept) as thread:
        client = SandboxClient(thread.url)
        client.say("demo-a", "在吗")
        token = Api(thread.url, kept.app_id, kept.secret).token
        before = client.advance(5000)
    with SandboxThread(kept) as thread:
        client = SandboxClient(thread.url)
        assert [person["openid"] for person in client.people()] == ["demo-a"]
        assert Api(thread.url, kept.app_id, kept.secret).token == token
        assert client.advance(0) >= before
        client.say("demo-a", "还在吗")
    first, second = (arrival.fields["MsgId"] for arrival in receiver.arrivals)
    assert int(second) == int(first) + 1


def test_latency_is_added_to_every_call(options):
    with SandboxThread(dataclasses.replace(options, latency_ms=150)) as thread:
        started = time.monotonic()
        Api(thread.url, options.app_id, options.secret)
        assert time.monotonic() - started >= 0.15


def test_a_test_account_may_not_send_message_menus(options):
    with SandboxThread(dataclasses.replace(options, account_kind="test")) as thread:
        SandboxClient(thread.url).say("demo-a", "在吗")
        api = Api(thread.url, options.app_id, options.secret)
        menu = {"head_content": "?", "list": [{"id": "1", "content": "是"}]}
        body = {"touser": "demo-a", "msgtype": "msgmenu", "msgmenu": menu}
        assert api.post("/cgi-bin/message/custom/send", body)["errcode"] == 40200
        codes = [api.classic().get("errcode", 0) for _ in range(201)]
        assert codes == [0] * 200 + [45009]
