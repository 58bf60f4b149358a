"""The sandbox's own interface: people of the product, jobs, records, bad input."""

import threading

import pytest
import requests
from flask import Flask, jsonify, request
from werkzeug.serving import make_server

from .conftest import Quiet

PEOPLE = [
    {
        "openid": "demo-resident-1",
        "name": "居民A",
        "role": "resident",
        "role_label": "居民",
        "area": "3号楼",
    },
    {
        "openid": "demo-building_head-1",
        "name": "3号楼楼长",
        "role": "building_head",
        "role_label": "楼长",
        "area": "3号楼",
    },
]


@pytest.fixture
def product(sandbox, receiver):
    """A web process that opens /dev/ to the sandbox."""
    app = Flask("product")
    app.add_url_rule("/dev/people", "people", lambda: jsonify(PEOPLE))
    app.add_url_rule("/dev/scenes", "scenes", lambda: jsonify([{"scene": "b3", "label": "3号楼"}]))
    app.add_url_rule(
        "/dev/jobs", "jobs", lambda: jsonify([{"name": "digest", "label": "每日早报"}])
    )

    @app.post("/dev/jobs/<name>")
    def fire(name):
        done = {"job": name, "at": request.json["at"], "status": "done", "detail": "3 条"}
        return jsonify(done)

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    sandbox.push_to(receiver.url, f"http://127.0.0.1:{server.server_port}")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def post(sandbox, path, body):
    return requests.post(f"{sandbox.url}/sandbox/{path}", json=body, timeout=10)


def test_the_products_people_are_learned(sandbox, product):
    assert [person["name"] for person in sandbox.people()] == ["居民A", "3号楼楼长"]


def test_the_api_knows_the_products_people_without_anyone_looking(sandbox, product, api):
    assert api.text("demo-building_head-1", "新任务")["errcode"] == 45015


def test_calls_at_once_for_people_not_met_yet_all_find_them(sandbox, product, api):
    codes = []

    def send(person):
        codes.append(api.text(person["openid"], "新任务")["errcode"])

    threads = [threading.Thread(target=send, args=(person,)) for person in PEOPLE * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [45015] * 8
    assert api.text("demo-nobody", "新任务")["errcode"] == 40003


def test_while_the_product_is_silent_nobody_is_called_unknown(sandbox, product, api, receiver):
    web_url = receiver.url.removesuffix("/wechat/main")
    sandbox.push_to(receiver.url, "http://127.0.0.1:9")
    assert api.text("demo-building_head-1", "新任务")["errcode"] == -1
    sandbox.push_to(receiver.url, web_url)  # it answers, and knows nobody
    assert api.text("demo-building_head-1", "新任务")["errcode"] == 40003


def test_jobs_and_scenes_come_from_the_product(sandbox, product):
    assert requests.get(f"{sandbox.url}/sandbox/jobs", timeout=5).json()[0]["name"] == "digest"
    assert requests.get(f"{sandbox.url}/sandbox/scenes", timeout=5).json()[0]["scene"] == "b3"
    fired = post(sandbox, "jobs/digest", {"at": "2026-11-21T08:00:00+08:00"}).json()
    assert (fired["status"], fired["at"]) == ("done", "2026-11-21T08:00:00+08:00")


def test_without_a_product_everything_still_answers(sandbox):
    sandbox.push_to("http://127.0.0.1:9/wechat/main", "http://127.0.0.1:9")
    assert sandbox.people() == []
    assert requests.get(f"{sandbox.url}/sandbox/jobs", timeout=5).json() == []
    assert post(sandbox, "jobs/digest", {}).json()["status"] == "unreachable"
    assert requests.get(sandbox.url, timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("people/demo-a/say", {}, 400),
        ("people/demo-a/photo", {"content": "%%%"}, 400),
        ("people/demo-a/location", {"latitude": "north", "longitude": 1}, 400),
        ("people/demo-a/consent", {"answers": {"T": "maybe"}}, 400),
        ("people/demo-a/dance", {}, 404),
        ("people/demo-a/say", {"text": "\ud800"}, 400),
        ("people/demo-a/say", [], 400),
        ("people/demo-a/standing", {"standing": "odd"}, 400),
        ("mode", {"mode": "loud"}, 400),
        ("mode", {}, 400),
        ("clock", {"advance": "soon"}, 400),
        ("faults", {"kind": "slow"}, 400),
        ("faults", {"kind": "slow", "path": "push", "value": "long"}, 400),
        ("faults", {"kind": "slow", "path": "push", "colour": "red"}, 400),
    ],
)
def test_bad_input_gets_a_clear_answer(sandbox, path, body, status):
    answer = post(sandbox, path, body)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_the_chat_of_a_stranger_is_not_found(sandbox):
    assert requests.get(f"{sandbox.url}/sandbox/people/no/chat", timeout=5).status_code == 404


def test_records_are_paged_and_the_latest_come_unasked(sandbox, api):
    for _ in range(250):
        api.get("/cgi-bin/getcallbackip")
    assert len(sandbox.calls()) == 251
    latest = requests.get(f"{sandbox.url}/sandbox/calls", timeout=5).json()
    assert (len(latest), latest[-1]["id"]) == (200, 251)


def test_unread_counts_stop_at_what_was_read(sandbox, api):
    sandbox.say("demo-a", "在吗")
    for _ in range(3):
        api.text("demo-a", "好")
    assert sandbox.people()[0]["unread"] == 3
    second = sandbox.inbox("demo-a")[1]["id"]
    post(sandbox, "people/demo-a/read", {"up_to": second})
    assert sandbox.people()[0]["unread"] == 1


def test_waiting_finds_what_comes_later(sandbox, api):
    sandbox.say("demo-a", "在吗")
    threading.Timer(0.2, api.text, ("demo-a", "来了")).start()
    assert sandbox.wait_for("demo-a", lambda item: "来了" in item["text"], 5)["kind"] == "customer"
