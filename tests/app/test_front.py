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
