"""The console on a real port before a real Chromium, on a phone and on a desk."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from config.settings import Settings
from models import registry
from models.base import Database
from tests import factories
from tests.app.visitor import PASSWORD, House
from tests.tabs import DESK, PHONE, Tabs

registry.load_tables()

PATIENCE_MS = 20_000
REFUSALS = ("401 (UNAUTHORIZED)", "422 (UNPROCESSABLE ENTITY)")


class Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        pass


@dataclass
class Served:
    """The console under an address."""

    house: House
    url: str


@pytest.fixture
def served(database: Database, tmp_path: Path) -> Iterator[Served]:
    factories.town(database)
    house = House(database, settings=Settings(secret_key="for-tests", data_dir=tmp_path))
    server = make_server("127.0.0.1", 0, house.app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield Served(house, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def page(request: pytest.FixtureRequest, tabs: Tabs, served: Served) -> Iterator[Page]:
    """What the browser complains of fails the test."""
    expect.set_options(timeout=PATIENCE_MS)
    with tabs.tab(request.param) as tab:
        tab.page.set_default_timeout(PATIENCE_MS)
        yield tab.page
    # What a form is refused with, Chromium writes down by itself.
    assert [one for one in tab.trouble if not one.endswith(REFUSALS)] == []


def go_to(page: Page, words: str) -> None:
    """By the menu, which is one on a phone and on a desk."""
    page.locator("summary", has_text="菜单").click()
    page.locator(".menu").get_by_role("link", name=words, exact=True).click()


def sign_in(page: Page, served: Served, role: str = "community_staff") -> None:
    name = served.house.account(role)
    page.goto(f"{served.url}/console/")
    page.get_by_label("账号").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("今天")
