"""A resident on a phone: in by WeChat, report, follow, rate, object, take away, gone for good."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.app.test_pages import drafted, publish
from tests.browser.pace import A_CHARACTER, A_DECISION, A_PHOTO, Hand, Wire
from tests.browser.resident.conftest import (
    REPORT,
    SAID,
    Block,
    a_photo,
    come_in,
    flaws,
)
from tests.browser.test_accessibility import SMALL_TARGETS, WIDE
from tests.tabs import PHONE

pytestmark = pytest.mark.browser

NARROW: ViewportSize = {"width": 320, "height": 640}
MOST_BYTES, LEAST_PHOTO = 150_000, 30_000
A_MINUTE, PAINT_SECONDS, SENDING_SECONDS = 60, 3, 10
SHIFTED, MOST_SHIFT = (
    """async () => {
  let sum = 0;
  const add = list => list.getEntries().forEach(one => { sum += one.value; });
  new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true });
  await new Promise(done => setTimeout(done, 50));
  return sum;
}""",
    0.1,
)


def test_a_resident_comes_in_reports_follows_rates_objects_takes_all_away_and_is_gone(
    page: Page, block: Block
) -> None:
    street = block.street
    publish(street.town.database, drafted(street.town.database))
    hand, photo = Hand(), a_photo()
    with hand.does(2 * A_DECISION):
        come_in(page, block)
    wrong: dict[str, object] = {"home": flaws(page)}

    with hand.does(A_DECISION):
        page.get_by_role("link", name="说一件事").click()
    with hand.does(A_DECISION + A_CHARACTER * len(SAID)):
        page.get_by_label("什么事").fill(SAID)
        expect(page.locator("#suggested")).to_contain_text("飞线充电")
    hand.reads(page.locator("#suggested").inner_text())
    with hand.does(A_DECISION + A_PHOTO):
        page.get_by_label("照片").set_input_files(
            {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo}
        )
        expect(page.locator(".shots img")).to_have_count(1)
    wrong["report"] = flaws(page)
    with hand.does(A_DECISION):
        page.get_by_role("button", name="交上去").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("已受理 #1")
    hand.reads(page.get_by_role("heading", level=1).inner_text())
    assert hand.seconds < A_MINUTE
    assert LEAST_PHOTO < block.bodies[REPORT] < len(photo) / 2, "made smaller on the phone"
    expect(page.locator(".shots img")).to_have_count(1)
    assert block.asked[f"{REPORT} POST"] == 1 and block.asked["/p/my/matters/1 GET"] == 1
    wrong["matter"] = flaws(page)

    page.get_by_label("还想说什么").fill("今晚还在充")
    page.context.set_offline(True)
    page.get_by_role("button", name="补充").click()
    expect(page.locator("#unsent")).to_contain_text("还没有交上")
    page.context.set_offline(False)
    page.get_by_role("button", name="补充").click()
    expect(page.locator(".steps")).to_contain_text("今晚还在充")
    expect(page.locator(".steps")).not_to_contain_text("处理中")
    street.resolve(1)
    page.get_by_role("link", name="我的事").click()
    page.get_by_role("link", name="等您打分").click()
    expect(page.locator(".steps")).to_contain_text("处理中")
    expect(page.locator(".facts")).to_contain_text("线已剪掉")
    wrong["rating"] = flaws(page)
    page.get_by_label("很满意", exact=True).check()
    page.locator("#rate").get_by_role("button", name="交上去").click()
    expect(page.get_by_role("status").first).to_contain_text("谢谢您的评价")
    assert street.ticket(1).stars == 5

    page.get_by_role("link", name="首页").click()
    page.get_by_role("link", name="公示和通知").click()
    page.get_by_role("link", name="可以提意见").click()
    page.get_by_label("您的意见").fill("停车费少算了一个月")
    page.get_by_role("button", name="交上去").click()
    expect(page.get_by_text("意见收到了")).to_be_visible()
    expect(page.locator(".rows .said")).to_have_text("停车费少算了一个月")
    for path in ("notices/1", "messages", "directory", "homes", "head", "privacy"):
        page.goto(f"{block.url}/p/my/{path}")
        wrong[path] = flaws(page)
    page.get_by_role("button", name="字大一点").click()
    page.set_viewport_size(NARROW)
    for path in ("", "report", "matters", "matters/1", "head", "privacy"):
        page.goto(f"{block.url}/p/my/{path}")
        assert [page.evaluate(one) for one in (SMALL_TARGETS, WIDE)] == [[], False], path
    page.set_viewport_size(PHONE)

    with page.expect_download() as taken:
        page.get_by_role("button", name="下载，可以看和打印").click()
    copy = Path(taken.value.path()).read_text("utf-8")
    assert all(words in copy for words in (SAID, "今晚还在充", "停车费少算了一个月", "很满意"))
    page.get_by_role("link", name="我要删除").click()
    wrong["erase"] = flaws(page)
    page.get_by_label("我想好了").check()
    page.get_by_role("button", name="删除我的资料").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("您的资料已删除")
    assert street.ticket(1).text is None
    wrong["erased"] = flaws(page)
    assert page.evaluate("localStorage.length") == 0
    page.goto(f"{block.url}/p/my/matters")
    expect(page.get_by_role("link", name="用微信登录")).to_be_visible()
    assert {name: found for name, found in wrong.items() if found} == {}


def test_on_slow_3g_the_first_view_and_a_report_with_a_photo_come_in_time(
    page: Page, block: Block
) -> None:
    """Reckoned from what went over the wire, as it is without a proxy that compresses; what a
    phone keeps by a worker would come even sooner."""
    page.add_init_script("delete Navigator.prototype.serviceWorker")
    wire = Wire(page)
    with wire.slow():
        page.goto(f"{block.url}/p/my/")
        expect(page.get_by_role("link", name="用微信登录")).to_be_visible()
    assert wire.first_paint() < PAINT_SECONDS and wire.size < MOST_BYTES
    come_in(page, block)
    wire.forget()
    with wire.slow():
        page.reload()
        expect(page.get_by_role("link", name="说一件事")).to_be_visible()
    assert wire.first_paint() < PAINT_SECONDS and wire.size < MOST_BYTES
    assert page.evaluate(SHIFTED) < MOST_SHIFT
    page.goto(f"{block.url}/p/my/report")
    page.get_by_label("什么事").fill(SAID)
    page.get_by_label("照片").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": a_photo()}
    )
    expect(page.locator(".shots img")).to_have_count(1)
    with wire.slow():
        page.get_by_role("button", name="交上去").click()
        expect(page.get_by_role("button", name="正在交")).to_be_disabled()
        expect(page.get_by_role("heading", level=1)).to_have_text("已受理 #1", timeout=30_000)
        page.wait_for_load_state()
    assert block.bodies[REPORT] > LEAST_PHOTO
    assert wire.whole(block.bodies[REPORT]) < SENDING_SECONDS, (block.bodies, wire.came)


def test_a_report_needs_no_script(browser: Browser, block: Block) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    come_in(page, block)
    page.get_by_role("link", name="说一件事").click()
    page.get_by_label("什么事").fill(SAID)
    page.get_by_label("别的地方").check()
    page.locator("select[name=estate]").select_option(index=1)
    page.get_by_role("button", name="选好小区，再选楼").click()
    expect(page.get_by_label("什么事")).to_have_value(SAID)
    page.locator("select[name=building]").select_option(label="3号楼")
    page.get_by_label("照片").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": a_photo()}
    )
    page.get_by_role("button", name="交上去").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已受理 #1")
    expect(page.locator(".shots img")).to_have_count(1)
    assert "3号楼" in (block.street.ticket(1).place_name or "")
    context.close()
