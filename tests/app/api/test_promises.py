"""What every route keeps: once for each key, ids of others, ETags, pages, limits, refusals."""

import html
import json
import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select

from app.api import limits, problems, screens
from app.api.application import load_routes
from app.api.routes import JPEG, ROUTES, Kind
from config.policy import load
from models import resident_sessions
from models.errors import DomainError
from models.tickets.table import Ticket
from tests.app.api.conftest import House, Phone

LIGHT = {"words": "楼道灯坏了，晚上看不见"}
load_routes()


def test_a_report_sent_again_and_again_is_one_ticket(house: House) -> None:
    phone = house.phone("demo-resident-1")

    def send(_: int) -> Any:
        return phone.post("/tickets", LIGHT, key="of-this-form")["ticket"]["id"]

    with ThreadPoolExecutor(4) as crowd:
        assert len(set(crowd.map(send, range(8)))) == 1
    with house.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1
    key = {"Idempotency-Key": "of-this-form"}
    again = phone.send("POST", "/tickets", json=LIGHT, headers=key)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = phone.post("/tickets", {"words": "水管漏了"}, 422, key="of-this-form")
    assert other["type"].endswith("#key_used_otherwise")
    assert phone.ask("POST", "/tickets", 422, json=LIGHT)["type"].endswith("#key_missing")
    neighbour = house.phone("demo-resident-2")
    assert neighbour.post("/tickets", LIGHT, key="of-this-form")["ticket"]["is_mine"]


def test_what_is_anothers_is_not_there(house: House, picture: bytes) -> None:
    owner, other = house.phone("demo-resident-1"), house.phone("demo-resident-2")
    ticket_id = owner.post("/tickets", LIGHT)["ticket"]["id"]
    photo = owner.post("/photos", data={"photo": (BytesIO(picture), "a.jpg")})["photo"]
    assert owner.send("GET", f"/photos/{photo}").data[:3] == b"\xff\xd8\xff"
    other.get(f"/photos/{photo}", 404)
    other.post("/tickets", LIGHT | {"photos": [photo]}, 422)
    asked = 0
    for route in ROUTES:
        if "<int:ticket_id>" not in route.rule:
            continue
        for number in (ticket_id, 10**6, 10**12):
            path = route.rule.replace("<int:ticket_id>", str(number))
            key = {"Idempotency-Key": f"guess-{asked:08}"}
            body = {"json": route.example} if route.example else {}
            other.ask(route.method, path, 404, headers=key, **body)
            asked += 1
    assert asked >= 30
    house.phone("demo-grid_worker-1").get(f"/tickets/{ticket_id}", 404)


def test_a_known_answer_is_not_sent_again_until_it_changes(house: House) -> None:
    phone = house.phone("demo-resident-1")
    path = f"/tickets/{phone.post('/tickets', LIGHT)['ticket']['id']}"
    for each in (path, "/tickets", "/categories", "/places", "/me"):
        first = phone.send("GET", each)
        known = {"If-None-Match": first.headers["ETag"]}
        assert phone.send("GET", each, headers=known).status_code == 304
        assert first.headers["Cache-Control"] == "private, no-cache"
    known = {"If-None-Match": phone.send("GET", path).headers["ETag"]}
    phone.post(f"{path}/withdrawal")
    assert phone.send("GET", path, headers=known).status_code == 200


def test_pages_lose_and_repeat_nothing_while_matters_are_added(house: House) -> None:
    phone = house.phone("demo-resident-1")
    before = [phone.post("/tickets", LIGHT)["ticket"]["id"] for _ in range(5)]
    found: list[int] = []
    cursor = ""
    while True:
        page = phone.get(f"/tickets?limit=2&cursor={cursor}")
        found += [one["id"] for one in page["items"]]
        phone.post("/tickets", LIGHT)
        if page["next"] is None:
            break
        cursor = page["next"]
    assert found == before[::-1]
    assert phone.get("/tickets?cursor=made-up", 422)["type"].endswith("#cursor_unfit")
    assert phone.get("/tickets?limit=0", 422)["errors"][0]["field"] == "limit"


def test_tokens_are_renewed_run_out_and_end(house: House) -> None:
    phone = house.phone("demo-resident-1")
    phone.tokens = phone.ask(
        "POST", "/sessions/renewal", 200, json={"refresh_token": phone.tokens["refresh_token"]}
    )
    phone.get("/me")
    house.hand.later(hours=2, seconds=1)
    refused = phone.send("GET", "/me")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    old = {"refresh_token": phone.tokens["refresh_token"]}
    phone.tokens = phone.ask("POST", "/sessions/renewal", 200, json=old)
    house.hand.later(seconds=resident_sessions.GRACE.total_seconds() + 1)
    phone.ask("POST", "/sessions/renewal", 401, json=old)
    phone.get("/me", 401)
    phone.sign_in()
    phone.ask("DELETE", "/sessions/current", 204)
    phone.get("/me", 401)


def test_the_platform_decides_about_codes_and_words_and_may_be_away(house: House) -> None:
    phone = house.phone("demo-resident-1")
    number = house.wechat.phone_code("demo-resident-1", "13800001234")
    assert phone.put("/me/phone", {"code": number})["phone"] == "138****1234"
    assert phone.put("/me/phone", {"code": number}, 422)["type"].endswith("#code_unfit")
    assert phone.ask("POST", "/sessions", 422, json={"code": "made-up"})
    risky = phone.post("/tickets", {"words": "刷单返利，楼道灯坏了"}, 422)
    assert risky["type"].endswith("#content_unfit")
    house.wechat.fault("errcode", "/wxa/msg_sec_check", value=-1)
    house.wechat.fault("errcode", "/sns/jscode2session", value=-1)
    try:
        phone.post("/tickets", {"words": "刷单返利，楼道灯坏了"})
        code = house.wechat.login_code("demo-resident-1")
        away = phone.send("POST", "/sessions", json={"code": code})
        assert (away.status_code, away.headers["Retry-After"]) == (503, "5")
    finally:
        house.wechat.clear_faults()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "words"),
        ({"words": ""}, "words"),
        ({"words": "灯\x00坏了"}, "words"),
        ({"words": "灯坏了" * 200}, "words"),
        ({"words": "灯\ud800坏了"}, "words"),
        (LIGHT | {"hides_name": "yes"}, "hides_name"),
        (LIGHT | {"photos": ["0" * 32] * 10}, "photos"),
        (LIGHT | {"area_id": True}, "area_id"),
        (LIGHT | {"area_id": 0}, "area_id"),
        (LIGHT | {"area_id": 2**40}, "area_id"),
        (LIGHT | {"photos": ["../../secret"]}, "photos.0"),
        (LIGHT | {"reporter_id": 1}, "reporter_id"),
    ],
)
def test_what_does_not_fit_is_named_and_opens_nothing(
    house: House, body: dict[str, Any], field: str
) -> None:
    phone = house.phone("demo-resident-1")
    key = {"Idempotency-Key": "some-random-key", "Content-Type": "application/json"}
    for language in ("zh", "en"):
        headers = key | {"Accept-Language": language}
        refused = phone.ask("POST", "/tickets", 422, data=json.dumps(body), headers=headers)
        [told] = [one for one in refused["errors"] if one["field"] == field]
        assert told["message"].isascii() == (language == "en")
        assert "{" not in told["message"]
    assert phone.get("/tickets")["items"] == []


def test_what_is_no_request_of_ours_is_answered_in_the_readers_language(house: House) -> None:
    phone = house.phone("demo-resident-1")
    english = {"Accept-Language": "en-GB,en;q=0.9,zh;q=0.1", "Idempotency-Key": "some-random-key"}
    for path, method, status, more in (
        ("/tickets", "POST", 400, {"data": b"{"}),
        ("/tickets", "POST", 422, {"data": b"[]"}),
        ("/tickets", "POST", 413, {"data": b"x" * 70_000}),
        ("/tickets", "PATCH", 405, {}),
        ("/no/such", "GET", 404, {}),
        ("/tickets/12345678901", "GET", 404, {}),
        ("/photos", "POST", 422, {"data": {"photo": (BytesIO(b"GIF89a<script>"), "a.gif")}}),
        ("/photos", "POST", 422, {"data": {"photo": "words"}}),
        ("/tickets", "POST", 404, {"json": LIGHT | {"category": "no_such"}}),
        ("/tickets", "POST", 404, {"json": LIGHT | {"area_id": 10**6}}),
    ):
        told = phone.ask(method, path, status, headers=english, **more)
        assert told["title"].isascii(), told
        assert told["type"].startswith("/api/v1/docs#")
    assert not phone.ask("GET", "/no/such", 404)["title"].isascii()


def test_who_asks_too_often_waits(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = house.phone("demo-resident-1")
    most = int(limits.PER_PERSON.partition("/")[0])
    codes = [phone.send("GET", "/me").status_code for _ in range(most + 1)]
    assert codes[: most - 2] == [200] * (most - 2)
    assert codes[-1] == 429
    refused = phone.send("GET", "/me")
    assert refused.content_type == "application/problem+json"
    assert int(refused.headers["Retry-After"]) > 0


def test_the_document_and_its_page_tell_of_every_route(house: House) -> None:
    spec = house.http.get("/openapi.json").get_json()
    assert spec["openapi"].startswith("3.1")
    told = {one["operationId"] for path in spec["paths"].values() for one in path.values()}
    assert told == {route.name for route in ROUTES}
    page = house.http.get("/docs")
    text = page.get_data(as_text=True)
    assert all(f'id="{one}"' in text for one in [*told, *problems.kinds()])
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "http" not in text.replace("http-equiv", "").lower().partition("<body>")[0]
    for route in ROUTES:
        assert route.view.__doc__, route.name
        assert set(route.refuses) <= set(problems.kinds()), route.name
        assert bool(route.example) == (route.takes_in == "json" and route.takes is not None)
        assert (route.kind is Kind.READS) == (route.method == "GET")


def test_the_page_of_screens_shows_each_call_as_the_tests_send_it_and_are_answered(
    house: House,
) -> None:
    page = house.http.get("/docs/screens")
    text = html.unescape(page.get_data(as_text=True))
    words = load("api")
    shown = {name for screen in words["screen"] for name in screen["calls"]}
    residents = {one.name for one in ROUTES if one.noun != "hotline"}
    assert (shown, set(words["calls"])) == (residents, {one.name for one in ROUTES})
    for route in ROUTES:
        if route.name in shown and route.example:
            assert json.dumps(route.example, ensure_ascii=False, indent=2) in text, route.name
        if route.name in shown and route.gives not in (None, JPEG):
            answered = screens.answers()[route.name]
            assert json.dumps(answered, ensure_ascii=False, indent=2) in text, route.name
    assert "/docs/screens" in house.http.get("/docs").get_data(as_text=True)
    spec = house.http.get("/openapi.json").get_json()
    for path in spec["paths"].values():
        for one in path.values():
            told = [
                one["summary"],
                *(answer["description"] for answer in one["responses"].values()),
            ]
            assert not any(words.isascii() for words in told), one["operationId"]


def test_every_refusal_of_the_domain_has_a_kind_in_both_languages() -> None:
    waiting = [DomainError]
    while waiting:
        refusal = waiting.pop()
        waiting += refusal.__subclasses__()
        kind = problems.kind_of(refusal)
        assert 400 <= kind.status < 600
    for kind in problems.kinds().values():
        for words in (kind.title, kind.detail):
            assert set(words) == {"zh", "en"}
            assert words["en"].isascii() != words["zh"].isascii()


def test_nobody_who_is_not_signed_in_comes_further_than_the_door(house: House) -> None:
    stranger = Phone(house, "nobody")
    for route in ROUTES:
        if route.gate == "resident":
            path = re.sub(r"<(int:)?\w+>", "1", route.rule)
            body = {"json": route.example} if route.example else {}
            status = stranger.send(route.method, path, **body).status_code
            assert status == 401, route.name
