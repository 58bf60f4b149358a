"""The site is made when it is first asked for, and once."""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from werkzeug.test import Client

from app.front import SEGMENTS, Front
from app.site import make_site
from config.settings import Settings
from models.base import Database


def saying(words: bytes) -> WSGIApplication:
    def answer(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [words]

    return answer


@pytest.mark.parametrize("path", ["/", "/healthz", "/wechat/main", "/consoles", "/x/console"])
def test_what_is_not_the_sites_does_not_make_it(path: str) -> None:
    made: list[int] = []
    client = Client(Front(saying(b"push"), lambda: made.append(1) or saying(b"page")))
    assert client.get(path).data == b"push"
    assert made == []


def test_many_who_ask_at_once_have_it_made_once() -> None:
    made: list[int] = []
    together = threading.Barrier(4)

    def make() -> WSGIApplication:
        made.append(1)
        return saying(b"page")

    front = Front(saying(b"push"), make)

    def ask(path: str) -> bytes:
        together.wait()
        return Client(front).get(path).data

    with ThreadPoolExecutor(4) as pool:
        asked = list(pool.map(ask, ["/console", "/console/", "/p/notices/1", "/dev/people"]))
    assert asked == [b"page"] * 4
    assert made == [1]


def test_the_first_part_of_every_address_of_the_site_leads_to_it(database: Database) -> None:
    site = make_site(Settings(secret_key="for-tests", dev=True), database)
    assert {rule.rule.split("/")[1] for rule in site.url_map.iter_rules()} | {"api"} == SEGMENTS
    served = site.test_client().get("/api/v1/openapi.json")
    assert served.get_json()["servers"] == [{"url": "/api/v1"}]


@pytest.mark.parametrize("base_url", ["https://linli.example", "http://127.0.0.1:8000"])
def test_every_door_says_what_browsers_are_to_keep_to(database: Database, base_url: str) -> None:
    site = make_site(Settings(secret_key="for-tests", base_url=base_url), database)
    doors = ("console/sign-in", "p/", "p/my/", "p/no/such", "open311/v2/services.json", "metrics")
    for path in (*doors, "api/v1/docs", "api/v1/no/such", "console/static/console.css"):
        with site.test_client().get(f"/{path}") as answer:
            headers = answer.headers
        assert headers.getlist("X-Content-Type-Options") == ["nosniff"], path
        assert headers.getlist("Cross-Origin-Opener-Policy") == ["same-origin"], path
        assert headers["Referrer-Policy"] in ("no-referrer", "same-origin"), path
        kept_to_https = headers.getlist("Strict-Transport-Security")
        assert kept_to_https == ["max-age=31536000"] * base_url.startswith("https:"), path
