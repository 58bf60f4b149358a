"""The public pages in a real Chromium: readable on a phone and a desk, reached by touch and key."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from app.pages.blueprint import make_pages
from models.base import Database
from tests import factories
from tests.app.test_legacy_pages import grown
from tests.app.test_pages import corrected, drafted, publish
from tests.browser.conftest import Quiet

pytestmark = pytest.mark.browser

NARROW = "document.documentElement.scrollWidth > window.innerWidth"
SMALL_LINKS = """
[...document.querySelectorAll('main li a, main .back')]
  .map(e => [e.textContent, e.getBoundingClientRect().height])
  .filter(([, height]) => height < 44).map(([text]) => text)
"""
SMALL_TEXT = """
[...document.querySelectorAll('main *')]
  .filter(e => e.childElementCount === 0 && e.textContent.trim())
  .filter(e => parseFloat(getComputedStyle(e).fontSize) < 16).map(e => e.textContent)
"""


@pytest.fixture
def served(database: Database) -> Iterator[str]:
    """The pages alone on a port of their own, with something to read."""
    factories.town(database)
    app = Flask(__name__, static_folder=None)
    later = factories.MORNING + timedelta(days=20)
    app.register_blueprint(make_pages(database, lambda: later))
    grown(database)
    number = drafted(database)
    publish(database, number)
    corrected(database, number)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def looks_right(page: Page) -> None:
    assert not page.evaluate(NARROW), "nothing sticks out sideways"
    assert page.evaluate(SMALL_LINKS) == [], "every link is as high as a finger"
    assert page.evaluate(SMALL_TEXT) == [], "nothing is too small for old eyes"
    assert page.evaluate("document.scripts.length") == 0


def test_from_the_list_to_a_problem_and_back(page: Page, served: str) -> None:
    page.goto(f"{served}/p/legacy")
    looks_right(page)
    page.get_by_role("link", name="3号楼渗漏治理").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("3号楼渗漏治理")
    expect(page.locator(".steps li.done")).to_have_count(1)
    looks_right(page)
    page.get_by_role("link", name="看别的老问题").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("老问题，办到哪一步")


def test_an_old_version_of_a_notice_leads_to_the_new_one(page: Page, served: str) -> None:
    page.goto(f"{served}/p/notices/1")
    looks_right(page)
    page.locator(".notice a").click()
    expect(page.get_by_role("heading", name="各版")).to_be_visible()
    expect(page.locator("article")).to_contain_text("结余 4100 元")
    looks_right(page)


def test_the_style_is_there_under_the_strict_policy(page: Page, served: str) -> None:
    page.goto(f"{served}/p/legacy")
    colour = page.evaluate("getComputedStyle(document.querySelector('.top')).backgroundColor")
    assert colour == "rgb(20, 87, 79)"
