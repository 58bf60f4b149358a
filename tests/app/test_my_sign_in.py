"""Coming in by WeChat's web authorisation, against a platform that plays WeChat."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from app.office import make_office
from app.pages.blueprint import make_pages
from app.pages.my.blueprint import make_my
from app.sandbox import SandboxOptions
from app.sandbox.client import SandboxClient
from app.sandbox.serve import SandboxThread
from config.settings import Settings
from models.base import Database
from models.people import Identity
from models.resident_sessions import Door, ResidentSession
from tests import factories
from tests.app.visitor import COMPILED

APP_ID, SECRET, WHO = "wxa1b2c3d4e5f60718", "official-secret", "demo-resident-1"
WECHAT = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"


@dataclass
class Gate:
    """The pages under https, with a platform that knows one resident."""

    app: Flask
    database: Database
    platform: SandboxClient

    def sent_back(self, browser: FlaskClient, start: str = "/p/my/sign-in/wechat") -> str:
        """Where the platform sends this browser with a code."""
        asked = browser.get(start).location
        answer = requests.get(
            asked,
            params={"openid": WHO},
            allow_redirects=False,
            timeout=10,
            proxies={"http": "", "https": ""},
        )
        parts = urlsplit(answer.headers["Location"])
        assert parts.netloc == "linli.example"
        return f"{parts.path}?{parts.query}"


@pytest.fixture
def gate(database: Database, tmp_path: Path) -> Iterator[Gate]:
    factories.town(database)
    options = SandboxOptions(APP_ID, SECRET, "push-token", "http://127.0.0.1:9/wechat/main")
    with SandboxThread(options) as thread:
        settings = Settings(
            secret_key="for-tests",
            data_dir=tmp_path,
            base_url="https://linli.example",
            wechat_api_base=thread.url,
            wechat_app_id=APP_ID,
            wechat_secret=SECRET,
        )
        app = Flask(__name__, static_folder=None)
        app.secret_key = settings.secret_key
        app.jinja_env.bytecode_cache = COMPILED
        office = make_office(database, settings, lambda: factories.MORNING)
        app.register_blueprint(make_pages(database, lambda: factories.MORNING, settings))
        app.register_blueprint(make_my(office))
        platform = SandboxClient(thread.url)
        platform.login_code(WHO)  # the platform knows them from now on
        yield Gate(app, database, platform)


def https(app: Flask) -> FlaskClient:
    browser = app.test_client()
    browser.environ_base["wsgi.url_scheme"] = "https"
    browser.environ_base["HTTP_HOST"] = "linli.example"
    return browser


def test_one_comes_in_as_the_person_of_the_chat_and_goes_on_to_the_page_asked_for(
    gate: Gate,
) -> None:
    browser = https(gate.app)
    turned = browser.get("/p/my/matters", headers={"User-Agent": WECHAT}).location
    straight = browser.get(turned, headers={"User-Agent": WECHAT}).location
    assert straight.startswith("/p/my/sign-in/wechat"), "inside WeChat nobody has to tap"
    came = browser.get(gate.sent_back(browser, straight))
    assert came.location == "/p/my/matters"
    cookie = next(one for one in came.headers.getlist("Set-Cookie") if "linli_page" in one)
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/p/my"))
    assert "max-age" in came.headers["Strict-Transport-Security"]
    with gate.database.reading() as session:
        opened = session.query(ResidentSession).one()
        assert opened.door == Door.PAGE
        assert session.get_one(Identity, opened.identity_id).openid == WHO


def test_a_code_of_another_browser_or_one_used_before_lets_nobody_in(gate: Gate) -> None:
    mine, others = https(gate.app), https(gate.app)
    back = gate.sent_back(mine)
    others.get("/p/my/sign-in/wechat")
    for browser, path in ((others, back), (https(gate.app), back), (mine, "/p/my/sign-in/back")):
        assert browser.get(path).status_code == 403
    state = parse_qs(urlsplit(back).query)["state"][0]
    wrong = mine.get(f"/p/my/sign-in/back?code=made-up&state={state}")
    assert wrong.status_code == 403 and "没有登录成" in wrong.text
    assert mine.get(back).status_code == 302
    assert mine.get(back).status_code == 403, "its state went with the first use"
    gate.platform.fault("errcode", "/sns/oauth2/access_token", value=-1)
    assert others.get(gate.sent_back(others)).status_code == 403
    with gate.database.reading() as session:
        assert session.query(ResidentSession).count() == 1


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/p/my/", "//evil.example/p/my/", "/console/", "/p/my/\\x"]
)
def test_nobody_is_sent_on_to_another_site(gate: Gate, elsewhere: str) -> None:
    browser = https(gate.app)
    start = browser.get("/p/my/sign-in/wechat", query_string={"next": elsewhere}).location
    assert start.startswith(gate.platform.url)
    assert browser.get(gate.sent_back(browser)).location == "/p/my/"
    assert browser.get("/p/my/sign-in", query_string={"next": elsewhere}).location == "/p/my/"
