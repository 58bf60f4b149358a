"""Every page of the console and every public one: axe-core, thumbs and old eyes, slow scripts."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from pprint import pformat
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from app.console.headers import COOKIE
from app.pages.blueprint import make_pages
from tests.addresses import WHO, addresses, visitor
from tests.app.test_console_ledger import kept as a_message
from tests.app.test_legacy_pages import grown
from tests.app.test_pages import corrected, drafted, publish
from tests.app.visitor import PASSWORD
from tests.browser.conftest import DESK, PATIENCE_MS, PHONE, Served
from tests.chat import Town
from tests.factories import building, demo_person, ticket
from tests.furnished import furnish

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent / "axe" / "axe-4.14.1.min.js").read_text("utf-8")
GRAVE = """
axe.run({resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})
  .then(found => found.violations
    .filter(one => ['serious', 'critical'].includes(one.impact))
    .map(one => [one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 120))]))
"""
SMALL_TEXT = """
getComputedStyle(document.body).fontSize.replace('px', '') < 16 ||
[...document.querySelectorAll('main p, main li, main td, main dd, main label, main button')]
  .filter(e => e.checkVisibility() && e.textContent.trim() && !e.closest('.tag'))
  .filter(e => parseFloat(getComputedStyle(e).fontSize) < 16)
  .map(e => e.outerHTML.slice(0, 90))
"""
# Links inside a sentence are as high as its words; a tick counts with the label around it.
SMALL_TARGETS = """
[...document.querySelectorAll('header a, header summary, main a, main button, main select, \
main input:not([type=hidden]), main textarea, main summary')]
  .filter(e => e.checkVisibility() && getComputedStyle(e).display !== 'inline')
  .map(e => [e.outerHTML.slice(0, 90), (e.closest('label') || e).getBoundingClientRect()])
  .filter(([, box]) => box.height < 44).map(([html]) => html)
"""
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
NO_PAGE = re.compile(r"/(static|photos)/|\.(pdf|xlsx)\b|/(pdf|excel|file|talk)\b")
HOME = "/console/"  # an administrator's is another; else one page is the same to everybody


@pytest.fixture
def full(served: Served) -> Served:
    """A town where every list has a row, and the public pages beside the console."""
    house, now = served.house, served.house.now
    database = house.database
    later = now + timedelta(days=20)
    house.app.register_blueprint(make_pages(database, lambda: later))
    town = Town(database, now)
    town.person("demo-resident-1").say("3号楼三楼楼道有人拉飞线给电瓶车充电，晚上充一整夜")
    grown(database)
    publish(database, number := drafted(database))
    corrected(database, number)
    with database.writing() as session:
        late = ticket(session, building(session), now, text="楼上天天半夜打牌")
        late.resolve_due_at = now - timedelta(hours=3)
        head = demo_person(session, "building_head")
        a_message(session, head, "failed", now, "task_new", late, errcode=40013, attempts=3)
    return served


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """What the browser complains of fails the test."""
    context = browser.new_context(viewport=DESK)
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    trouble: list[str] = []
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("response", lambda answer: answer.status < 400 or trouble.append(answer.url))
    opened.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    assert trouble == []


def flaws(page: Page) -> dict[str, object]:
    """Of the page as it stands, on a desk and on a phone."""
    found: dict[str, object] = {}
    page.evaluate(AXE)
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        width = size["width"]
        for what, question in (("axe", GRAVE), ("small text", SMALL_TEXT), ("wide", WIDE)):
            if answer := page.evaluate(question):
                found[f"{what} at {width}"] = answer
        if size == PHONE and (answer := page.evaluate(SMALL_TARGETS)):
            found["small targets"] = answer
    return found


def walk(page: Page, served: Served, start: str, prefix: str) -> tuple[set[str], dict[str, object]]:
    """Follows the links: one address of every route that is reached, with what is wrong there."""
    routes = served.house.app.url_map.bind("")
    seen: set[str] = set()
    wrong: dict[str, object] = {}
    ahead = [start]
    while ahead:
        path = ahead.pop(0)
        endpoint = routes.match(urlsplit(path).path)[0]
        if endpoint in seen:
            continue
        seen.add(endpoint)
        page.goto(f"{served.url}{path}")
        if found := flaws(page):
            wrong[path] = found
        links = page.evaluate("[...document.links].map(one => one.href.split('#')[0])")
        paths = [one.removeprefix(served.url) for one in links]
        ahead += [one for one in paths if one.startswith(prefix) and not NO_PAGE.search(one)]
    return {one.partition(".")[2] for one in seen}, wrong


def come_in(page: Page, served: Served, who: str) -> None:
    """By the cookie of somebody who has signed in."""
    page.context.clear_cookies()
    cookie = visitor(served.house, who).client.get_cookie(COOKIE, path="/console")
    if cookie is not None:
        page.context.add_cookies([{"name": COOKIE, "value": cookie.value, "url": served.url}])


def test_no_page_of_the_console_keeps_anybody_out(page: Page, full: Served) -> None:
    """Those too that no link leads to."""
    known = furnish(full.house)
    wrong: dict[str, object] = {}
    seen: set[str] = set()
    for who in WHO:
        come_in(page, full, who)
        for _, path in addresses(who, known):
            if not NO_PAGE.search(path) and path not in seen - {HOME}:
                seen.add(path)
                page.goto(f"{full.url}{path}")
                assert page.url.endswith(path), f"{path} leads to {page.url}"
                if found := flaws(page):
                    wrong[f"{who} {path}"] = found
    assert wrong == {}, pformat(wrong)


def test_no_public_page_keeps_anybody_out(page: Page, full: Served) -> None:
    for start in ("/p/legacy", "/p/notices/1"):
        seen, wrong = walk(page, full, start, "/p/")
        assert wrong == {} and seen


def test_a_matter_is_taken_up_before_any_script_has_come(page: Page, full: Served) -> None:
    held: list[Route] = []
    page.route("**/*.js?*", lambda route: held.append(route))
    name = full.house.account("grid_worker")
    page.goto(f"{full.url}/console/tickets/1", wait_until="commit")
    page.get_by_label("账号").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click(no_wait_after=True)
    for done in ("接单", "开始处理"):
        page.get_by_role("button", name=done).click(no_wait_after=True)
        expect(page.get_by_role("status")).to_contain_text(done)
    page.locator("summary", has_text="菜单").click()
    expect(page.locator(".menu").get_by_role("link", name="工单", exact=True)).to_be_visible()
    assert len(held) >= 2
