"""The chat page in a real browser, on a phone and on a desk, by touch and by keyboard."""

import re

import pytest
import requests
from PIL import Image
from playwright.sync_api import Page, expect

from app.sandbox.page import in_order
from tests.tabs import DESK, PHONE

TOO_SMALL = """
[...document.querySelectorAll('button, a, input, select, textarea, summary')]
  .filter(e => e.offsetParent && !e.classList.contains('spoken'))
  .map(e => [e.outerHTML.slice(0, 80), e.closest('label') || e])
  .map(([html, e]) => [html, e.getBoundingClientRect()])
  .filter(([, box]) => box.width < 44 || box.height < 44).map(([html]) => html)
"""
MENU = {
    "button": [
        {"name": "上报", "sub_button": [{"type": "click", "name": "报修", "key": "report"}]},
        {"type": "click", "name": "找楼长", "key": "head"},
    ]
}


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def page(request, tabs, sandbox, api, receiver):
    api.post("/cgi-bin/menu/create", MENU)
    receiver.replies("收到，编号 1001\n1 我家在3号楼\n2 不是")
    sandbox.say("demo-a", "在吗")
    sandbox.say("demo-b", "在吗")
    expect.set_options(timeout=5000)
    with tabs.tab(request.param) as tab:
        tab.page.set_default_timeout(5000)
        tab.page.goto(f"{sandbox.url}/?who=demo-a")
        yield tab.page
    assert tab.trouble == []


def is_phone(page: Page) -> bool:
    return page.viewport_size == PHONE


@pytest.mark.browser
def test_enter_sends_and_a_tap_answers(page, receiver):
    page.get_by_label("消息", exact=True).fill("路灯坏了")
    page.keyboard.press("Enter")
    expect(page.locator(".message.mine").last).to_contain_text("路灯坏了")
    expect(page.locator(".message.reply")).to_have_count(2)
    page.get_by_role("button", name="2 不是").last.click()
    expect(page.locator(".message.mine").last).to_contain_text("2")
    expect(page.locator(".message.reply")).to_have_count(3)
    assert [a.fields.get("Content") for a in receiver.arrivals[-2:]] == ["路灯坏了", "2"]


@pytest.mark.browser
def test_everything_to_tap_is_large_and_nothing_sticks_out(page):
    page.locator("#more").click()
    page.get_by_role("button", name="上报").click()
    if is_phone(page):
        assert page.evaluate(TOO_SMALL) == []
        page.keyboard.press("Escape")
        page.get_by_role("button", name="打开后台面板").click()
    page.locator("summary", has_text="制造故障").click()
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]


@pytest.mark.browser
def test_the_menu_works_by_keyboard(page, receiver):
    page.get_by_role("button", name="上报").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".message.reply")).to_have_count(2)
    assert receiver.arrivals[-1].fields["EventKey"] == "report"


@pytest.mark.browser
def test_voice_place_and_scan_are_sent_from_their_forms(page, receiver):
    page.locator("#more").click()
    page.locator(".tray [data-dialog=voice]").click()
    page.get_by_label("说了什么").fill("电梯坏了")
    page.keyboard.press("Enter")
    expect(page.locator(".message.mine").last).to_contain_text("电梯坏了")
    page.locator(".tray [data-dialog=location]").click()
    page.locator("#location .send").click()
    expect(page.locator(".message.mine").last).to_contain_text("小区东门")
    page.locator(".tray [data-dialog=scan]").click()
    page.get_by_label("场景值").fill("b3")
    page.keyboard.press("Enter")
    expect(page.locator(".message.reply")).to_have_count(4)
    kinds = [a.fields.get("Event") or a.fields["MsgType"] for a in receiver.arrivals[-3:]]
    assert kinds == ["voice", "location", "SCAN"]


@pytest.mark.browser
def test_a_photo_is_sent_and_shown(page, receiver, tmp_path):
    picture = tmp_path / "a.png"
    Image.new("RGB", (30, 20), "green").save(picture)
    page.locator("#photo").set_input_files(picture)
    expect(page.locator(".message.mine img")).to_have_attribute("src", re.compile("/mmbiz/"))
    assert receiver.arrivals[-1].fields["MsgType"] == "image"


@pytest.mark.browser
def test_what_arrives_for_someone_else_is_counted(page, api):
    if is_phone(page):
        page.get_by_role("button", name="选择身份").click()
    unread = page.locator("nav a[data-openid=demo-b] .unread")
    expect(unread).to_contain_text("1")
    api.text("demo-b", "新任务")
    expect(unread).to_contain_text("2")
    page.locator("nav a[data-openid=demo-b]").click()
    expect(page.locator("#status")).to_have_text("我是 demo-b")
    expect(page.locator(".message.customer")).to_contain_text("新任务")


@pytest.mark.browser
def test_people_can_be_found_by_name(page):
    if is_phone(page):
        page.get_by_role("button", name="选择身份").click()
    page.get_by_label("找人").fill("demo-b")
    expect(page.locator(".people nav a:visible")).to_have_count(1)


@pytest.mark.browser
def test_a_newcomer_follows_and_is_greeted(page):
    if is_phone(page):
        page.get_by_role("button", name="选择身份").click()
    page.get_by_role("button", name="新居民").click()
    expect(page.locator("#status")).to_contain_text("新居民")
    expect(page.locator(".message.reply")).to_have_count(1)


@pytest.mark.browser
def test_a_fault_made_in_the_panel_is_in_force(page, sandbox):
    if is_phone(page):
        page.get_by_role("button", name="打开后台面板").click()
    page.locator("summary", has_text="制造故障").click()
    page.get_by_label("怎样").select_option("duplicate")
    page.get_by_label("数值").fill("3")
    page.get_by_role("button", name="加上").click()
    expect(page.locator(".state")).to_contain_text("故障 1 个")
    assert len(sandbox.say("demo-a", "在吗").attempts) == 3


def test_the_page_shows_text_as_text(sandbox, receiver):
    receiver.replies("<script>alert(1)</script>")
    sandbox.say("demo-a", "<b>粗</b>")
    html = requests.get(f"{sandbox.url}/?who=demo-a", timeout=5).text
    assert "<script>alert" not in html
    assert "&lt;b&gt;粗&lt;/b&gt;" in html


def test_a_page_with_nobody_offers_a_newcomer(sandbox):
    html = requests.get(sandbox.url, timeout=5).text
    assert "新居民" in html


def test_one_of_each_role_comes_before_the_second():
    roles = ["building_head", "building_head", "resident", "resident", "patrol"]
    known = [{"openid": f"demo-{n}", "role": role, "last_id": 0} for n, role in enumerate(roles)]
    assert [person["openid"] for person in in_order(known)] == [
        "demo-2",
        "demo-0",
        "demo-4",
        "demo-3",
        "demo-1",
    ]
    known[4]["last_id"] = 9
    assert in_order(known)[0]["openid"] == "demo-4"
