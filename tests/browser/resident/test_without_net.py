"""A resident whose net comes and goes: what opens all the same, what waits, what never can go."""

import pytest
from playwright.sync_api import Page, expect

from app.pages.my import offline
from tests.browser.resident.conftest import (
    LATER,
    REPORT,
    SAID,
    WHO,
    Block,
    a_photo,
    come_in,
    flaws,
    tell,
)

pytestmark = pytest.mark.browser

IS_SEEN = "async url => Boolean(await (await caches.open('linli-seen')).match(url))"


def test_without_a_net_the_form_and_the_directory_open_as_last_seen_and_for_their_person_alone(
    page: Page, block: Block, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_in(page, block)
    for path in ("report", "directory"):
        page.wait_for_function(IS_SEEN, arg=f"{block.url}/p/my/{path}")
    page.goto(f"{block.url}/p/my/directory")
    page.get_by_role("link", name="充电").first.click()
    expect(page.locator(".entry").first).to_contain_text("充电")
    page.wait_for_function(IS_SEEN, arg=page.url)
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("main > .notice")).to_contain_text("现在没有网。这一页是")
    expect(page.locator(".entry").first).to_contain_text("充电")
    assert flaws(page) == [], "with its styles"
    page.goto(f"{block.url}/p/my/matters")
    expect(page.get_by_role("heading", level=1)).to_have_text("现在没有网")
    assert flaws(page) == []
    for words in (SAID, LATER):
        page.get_by_role("link", name="说一件事").click()
        page.get_by_label("什么事").fill(words)
        page.get_by_label("别的地方").check()
        page.locator("select[name=estate]").select_option(index=1)
        page.locator("select[name=building]").select_option(label="3号楼")
        page.get_by_role("button", name="交上去").click()
        expect(page.locator("#unsent")).to_contain_text("连上网会自动发出")
        expect(page.get_by_label("什么事")).to_have_value("")
        page.goto(f"{block.url}/p/my/")
    page.context.set_offline(False)
    page.goto(f"{block.url}/p/my/")
    expect(page.locator("#unsent")).to_contain_text("发出去了 2 件")
    assert [block.street.ticket(number).text for number in (1, 2)] == [SAID, LATER]

    monkeypatch.setattr(offline, "LOOKS", offline.LOOKS[:-1])  # as with new styles
    before = page.evaluate("caches.keys()")
    page.reload()
    page.wait_for_function(
        "async before => (await caches.keys()).filter(one => before.includes(one)).length < 2",
        arg=before,
    )
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_function("async () => !await caches.has('linli-seen')")
    come_in(page, block, "demo-resident-2")
    page.context.set_offline(True)
    page.goto(f"{block.url}/p/my/matters")
    expect(page.get_by_role("heading", level=1)).to_have_text("现在没有网")


def test_what_can_not_be_taken_now_waits_and_what_never_can_is_the_persons_to_mend(
    page: Page, block: Block
) -> None:
    come_in(page, block)
    tell(page, block, SAID, b"no picture")
    page.get_by_label("不让办理的人知道").check()
    page.get_by_role("button", name="交上去").click()
    expect(page.locator("#unsent")).to_contain_text("有一个文件不是照片")
    expect(page.get_by_label("什么事")).to_have_value(SAID)
    page.context.set_offline(True)
    page.get_by_role("button", name="交上去").click()
    expect(page.locator("#unsent")).to_contain_text("连上网会自动发出")
    page.context.set_offline(False)
    expect(page.locator("#unsent")).to_contain_text("没有交上：有一个文件不是照片")
    page.get_by_role("link", name="改一改").click()
    expect(page.get_by_label("什么事")).to_have_value(SAID)
    expect(page.get_by_label("不让办理的人知道")).to_be_checked()
    page.reload()
    expect(page.locator("#unsent")).to_be_hidden()
    page.get_by_role("button", name="交上去").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已受理 #1")
    assert block.street.ticket(1).hides_reporter

    tell(page, block, LATER, a_photo())
    page.context.clear_cookies()
    page.get_by_role("button", name="交上去").click()
    expect(page.locator("#unsent")).to_contain_text("登录以后会自动发出")
    page.get_by_role("link", name="去登录").click()
    come_in(page, block)
    expect(page.get_by_role("heading", level=1)).to_have_text("已受理 #2")
    expect(page.locator(".shots img")).to_have_count(1)

    tell(page, block, "小区大门坏了，关不上")
    page.route(f"**{REPORT}", lambda route: route.fulfill(status=503))
    page.get_by_role("button", name="交上去").click()
    expect(page.locator("#unsent")).to_contain_text("过一会儿会自动再发")
    page.unroute(f"**{REPORT}")
    page.goto(f"{block.url}/p/my/")
    expect(page.get_by_role("heading", level=1)).to_have_text("已受理 #3")


def test_what_is_told_without_a_net_is_kept_and_sent_once_when_it_is_back(
    page: Page, block: Block
) -> None:
    come_in(page, block)
    page.get_by_role("link", name="说一件事").click()
    page.get_by_label("什么事").fill(LATER)
    for who, words in (("demo-resident-2", ""), (WHO, LATER)):  # a phone may be shared
        page.goto(f"{block.url}/p/my/")
        page.get_by_role("button", name="退出登录").click()
        come_in(page, block, who)
        page.goto(f"{block.url}/p/my/report")
        expect(page.get_by_label("什么事")).to_have_value(words)
    page.reload()
    expect(page.get_by_label("什么事")).to_have_value(LATER)
    page.context.set_offline(True)
    page.get_by_role("button", name="交上去").click()
    expect(page.locator("#unsent")).to_contain_text("连上网会自动发出")
    page.context.set_offline(False)
    expect(page.get_by_role("heading", level=1)).to_have_text("已受理 #1")
    page.goto(f"{block.url}/p/my/matters")
    expect(page.locator(".rows li")).to_have_count(1)
    page.goto(f"{block.url}/p/my/report")
    expect(page.get_by_label("什么事")).to_have_value("")
