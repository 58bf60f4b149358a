"""A resident's phone before the pages on a real port, with a platform beside them."""

import io
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask, request
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from app.console.blueprint import add_console
from app.pages.blueprint import make_pages
from app.pages.my.blueprint import make_my
from app.sandbox import SandboxOptions
from app.sandbox.client import SandboxClient
from app.sandbox.serve import SandboxThread
from config.settings import Settings
from models.base import Database
from tests import factories
from tests.app.test_my_pages import Street
from tests.browser.conftest import PATIENCE_MS, Quiet
from tests.browser.test_accessibility import AXE, GRAVE, SMALL_TARGETS, SMALL_TEXT, WIDE
from tests.chat import Town
from tests.tabs import PHONE

APP_ID, SECRET, WHO = "wxa1b2c3d4e5f60718", "official-secret", "demo-resident-1"
SAID = "三楼楼道有人拉飞线给电瓶车充电，晚上充一整夜"
LATER = "地下车库的灯坏了好几盏，晚上看不见路"
REPORT = "/p/my/report"
# What Chromium itself writes down while the phone has no net.
NO_NET = ("ERR_INTERNET_DISCONNECTED", "Failed to load resource")


@dataclass
class Block:
    """The pages under an address, with a platform beside them."""

    street: Street
    url: str
    platform: SandboxClient
    bodies: dict[str, int]  # bytes of the last that was posted to each address; Chromium tells none
    asked: Counter[str]  # how often each address was


@pytest.fixture
def block(database: Database, tmp_path: Path) -> Iterator[Block]:
    factories.town(database)
    town = Town(database, factories.MORNING)
    app = Flask(__name__, static_folder=None)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    url = f"http://127.0.0.1:{server.server_port}"
    options = SandboxOptions(APP_ID, SECRET, "push-token", f"{url}/wechat/main")
    with SandboxThread(options) as platform:
        settings = Settings(
            secret_key="for-tests",
            data_dir=tmp_path,
            base_url=url,
            wechat_api_base=platform.url,
            wechat_app_id=APP_ID,
            wechat_secret=SECRET,
        )
        app.secret_key = settings.secret_key
        office = add_console(app, database, settings, lambda: town.now)
        app.register_blueprint(make_pages(database, lambda: town.now, settings))
        app.register_blueprint(make_my(replace(office, lexicon=lambda: town.lexicon)))
        bodies: dict[str, int] = {}
        app.before_request(lambda: bodies.update({request.path: request.content_length or 0}))
        asked: Counter[str] = Counter()
        app.before_request(lambda: asked.update([f"{request.path} {request.method}"]))
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield Block(Street(town, app), url, SandboxClient(platform.url), bodies, asked)
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """What the browser complains of fails the test."""
    expect.set_options(timeout=PATIENCE_MS)
    context = browser.new_context(viewport=PHONE, has_touch=True)
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    trouble: list[str] = []
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    assert [one for one in trouble if not any(word in one for word in NO_NET)] == []


def a_photo() -> bytes:
    """With soft edges and few of them, as a phone takes a hallway."""
    file = io.BytesIO()
    rough = Image.effect_noise((160, 107), 90).convert("RGB")
    rough.resize((2400, 1600), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    return file.getvalue()


def flaws(page: Page) -> list[object]:
    """Of the page as a phone shows it."""
    page.evaluate(AXE)
    found = [page.evaluate(question) for question in (GRAVE, SMALL_TEXT, SMALL_TARGETS, WIDE)]
    return [one for one in found if one]


def come_in(page: Page, block: Block, who: str = WHO) -> None:
    block.platform.login_code(who)  # the platform knows them from now on
    page.goto(f"{block.url}/p/my/")
    page.get_by_role("link", name="用微信登录").click()
    page.get_by_role("link", name=who).click()
    expect(page.get_by_role("link", name="说一件事")).to_be_visible()


def tell(page: Page, block: Block, words: str, photo: bytes | None = None) -> None:
    """The form filled in, not yet sent."""
    page.goto(f"{block.url}{REPORT}")
    page.get_by_label("什么事").fill(words)
    if photo is not None:
        page.get_by_label("照片").set_input_files(
            {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo}
        )
        expect(page.locator(".shots img")).to_have_count(1)
