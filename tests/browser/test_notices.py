"""A notice in Chromium: written, reviewed by another, objected to in chat, answered, archived."""

import pytest
from playwright.sync_api import Page, expect

from app.paper.fonts import FontMissing, chinese_font
from jobs.notices import close_notices, publicity_calendar, publish_notices
from jobs.queue import Queue
from tests.app.visitor import PASSWORD
from tests.browser.conftest import Served
from tests.browser.fitting import sticks_out, too_small
from tests.chat import Town
from tests.conftest import skip_or_fail

pytestmark = pytest.mark.browser

TITLE = "幸福里小区一季度收支公示"
# A box to tick is as large as its label.
TARGETS = "main a, main button, main summary, main label.tick, main select"
BODY = "物业费收入 186400 元，支出 149500 元。\n公共收益结余 21000 元。\n联系 13800138000。"


def looks_right(page: Page) -> None:
    assert not sticks_out(page), "nothing sticks out sideways"
    assert too_small(page, TARGETS) == [], "everything is as high as a finger"
    assert page.evaluate("document.querySelectorAll('style, script:not([src])').length") == 0


def enter(page: Page, served: Served, count: int) -> None:
    """As one of the two of the community; whoever was there before goes."""
    page.context.clear_cookies()
    name = served.house.account("community_staff", count)
    page.goto(f"{served.url}/console/notices")
    page.get_by_label("账号").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("公示")


def write(page: Page) -> None:
    page.get_by_role("link", name="写公示").click()
    page.get_by_label("种类").select_option(label="收支公示")
    page.get_by_label("公示到哪里").select_option(label="　幸福里小区")
    page.get_by_label("标题").fill(TITLE)
    page.get_by_label("内容").fill(BODY)
    page.get_by_role("button", name="预览").click()
    expect(page.locator(".bubble")).to_contain_text("138****8000")
    looks_right(page)
    page.get_by_role("button", name="存好，请人复核").click()
    expect(page.get_by_role("status")).to_contain_text("已请人复核")
    expect(page.get_by_role("button", name="复核通过")).to_have_count(0)
    looks_right(page)


def publish(page: Page, served: Served) -> None:
    page.get_by_role("link", name="等您复核").click()
    page.get_by_role("link", name=TITLE).click()
    page.get_by_role("button", name="复核通过").click()
    page.get_by_role("button", name="排定", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("到点自动发布")
    house = served.house
    publish_notices(house.database, house.now)
    Queue(house.database, lambda: house.now).drain()


def answer(page: Page) -> None:
    page.reload()
    expect(page.locator(".objection")).to_contain_text("停车费少算了一个月")
    expect(page.locator("main")).not_to_contain_text("居民A")
    looks_right(page)
    page.get_by_label("答复").fill("已核对，补记 300 元。")
    page.get_by_role("button", name="答复").click()
    expect(page.get_by_role("status")).to_contain_text("答复已发给提出的居民")


def test_a_notice_from_its_draft_to_the_archive_and_the_notice_board(
    page: Page, served: Served
) -> None:
    house = served.house
    enter(page, served, 1)
    write(page)
    enter(page, served, 2)
    publish(page, served)
    resident = Town(house.database, house.now).person("demo-resident-1")
    assert TITLE in resident.say("公示")
    assert "谢谢" in resident.say("异议 1 停车费少算了一个月")
    answer(page)
    assert "补记 300 元" in resident.received()[-1]
    _print(page, served)
    house.later(days=30)
    close_notices(house.database, house.now)
    publicity_calendar(house.database, house.now)
    enter(page, served, 2)
    looks_right(page)
    page.get_by_role("link", name="存档核验").click()
    expect(page.get_by_role("status")).to_contain_text("全部 1 份核对无误")
    looks_right(page)
    page.goto(f"{served.url}/console/publicity")
    expect(page.locator("main")).to_contain_text("幸福里小区 2026年第一季度")
    looks_right(page)


def _print(page: Page, served: Served) -> None:
    """The PDF goes to the browser's own viewer; here its bytes are enough."""
    try:
        chinese_font()
    except FontMissing:
        skip_or_fail("no Chinese font is installed")
    address = page.get_by_role("link", name="打印张贴的一页").get_attribute("href")
    got = page.context.request.get(f"{served.url}{address}")
    assert got.ok and got.headers["content-type"] == "application/pdf"
    assert got.body().startswith(b"%PDF-")
